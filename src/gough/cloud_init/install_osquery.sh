#!/bin/sh
# Puts osquery on this server and joins it to Fleet. The package comes from Gough, with a pinned checksum, where Gough
# has it; otherwise from the package sources of this server. Fleet's enroll secret is not in here: a unit asks Gough for
# it with the agent's key, as often as it takes, so that the boot waits for nobody. May be run again.
# GOUGH_ROOT prefixes every path; no package is installed and nothing is started then.
set -eu
umask 077
# -- settings --

ROOT=${GOUGH_ROOT:-}
RETRY_SECONDS=${GOUGH_RETRY_SECONDS:-2} # doubles after each failed download

fail() {
    echo "gough-osquery: $*" >&2
    exit 1
}

install_ours() {
# -- download --
    (umask 022 && dpkg --install --force-confold "$got") || fail "dpkg could not install $name; see what it says above"
}

install_theirs() {
    command -v apt-get >/dev/null || fail "there is no apt-get; put osquery into the image, or its package into Gough"
    (umask 022 && apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 osquery) ||
        fail "no package source of this server has osquery; add one to the template (apt:), or the package to Gough"
}

if [ -z "$ROOT" ] && ! command -v osqueryd >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    name='' expected=''
    arch=$(dpkg --print-architecture 2>/dev/null || uname -m)
    while read -r sum file; do
        # shellcheck disable=SC2254  # a pattern
        case $file in osquery_*_$arch.deb) name=$file expected=$sum ;; esac
    done <<END
$CHECKSUMS
END
    if [ -n "$name" ]; then install_ours; else install_theirs; fi
fi

etc=$ROOT/etc/osquery
install -d -m 755 "$etc"
printf '%s' "$FLAGS" >"$etc/osquery.flags.new"
mv -f "$etc/osquery.flags.new" "$etc/osquery.flags"
if [ -n "$FLEET_CA_PEM" ]; then
    printf '%s' "$FLEET_CA_PEM" >"$etc/fleet.pem"
    chmod 644 "$etc/fleet.pem"
fi

cat >"$etc/gough-enroll.sh" <<'SCRIPT'
#!/bin/sh
# Asks Gough for Fleet's enroll secret with the agent's key, and writes it where osquery looks.
set -eu
umask 077
ROOT=${GOUGH_ROOT:-}
if [ -x "$ROOT/usr/bin/gough-agent" ]; then
    secret=$("$ROOT/usr/bin/gough-agent" fleet-secret)
else
    export PYTHONPATH="$ROOT/opt/gough-agent" PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1
    export GOUGH_AGENT_ENV_FILE="$ROOT/etc/gough-agent/agent.env" STATE_DIRECTORY="$ROOT/var/lib/gough-agent"
    secret=$(python3 -s -m gough_agent fleet-secret)
fi
printf '%s\n' "$secret" >"$ROOT/etc/osquery/enroll_secret.new"
mv -f "$ROOT/etc/osquery/enroll_secret.new" "$ROOT/etc/osquery/enroll_secret"
SCRIPT

install -d -m 755 "$ROOT/etc/systemd/system"
cat >"$ROOT/etc/systemd/system/gough-osquery.service" <<'UNIT'
[Unit]
Description=Joins osquery to Fleet, once the Gough agent has enrolled
After=network-online.target gough-agent.service
Wants=network-online.target
ConditionPathExists=!/etc/osquery/enroll_secret
StartLimitIntervalSec=0

[Service]
Type=oneshot
# Enabled first: once the secret is there this unit does not run again, whatever happened in between.
ExecStart=systemctl enable osqueryd
ExecStart=/bin/sh /etc/osquery/gough-enroll.sh
ExecStart=systemctl restart --no-block osqueryd
Restart=on-failure
RestartSec=10
UMask=0077

[Install]
WantedBy=multi-user.target
UNIT
chmod 644 "$ROOT/etc/systemd/system/gough-osquery.service"

if [ -z "$ROOT" ]; then
    rm -f "$etc/enroll_secret" # of another Fleet, perhaps
    systemctl daemon-reload
    systemctl enable gough-osquery
    systemctl start --no-block gough-osquery
fi
