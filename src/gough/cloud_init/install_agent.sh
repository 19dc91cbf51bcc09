#!/bin/sh
# Installs the Gough agent: download, check against the pinned checksum, configure, install, start. Where there is dpkg
# that is the package, elsewhere the archive. May be run again, and reaches nothing but Gough.
# GOUGH_ROOT prefixes every path, to unpack the archive into an image; nothing is started then.
set -eu
umask 077
# -- settings --

ROOT=${GOUGH_ROOT:-}
RETRY_SECONDS=${GOUGH_RETRY_SECONDS:-2} # doubles after each failed download
LOCK_TRIES=150                          # of 2 s: what holds dpkg's lock at a first boot are other installations

fail() {
    echo "gough-agent: $*" >&2
    exit 1
}

command -v python3 >/dev/null || fail "python3 is missing; it is needed to download and to run the agent"

# choose PATTERN: what Gough has of that name, with its checksum.
choose() {
    while read -r sum file; do
        # shellcheck disable=SC2254  # a pattern
        case $file in $1) name=$file expected=$sum ;; esac
    done <<END
$CHECKSUMS
END
}

name='' expected=''
arch=$(uname -m)
if [ -z "$ROOT" ] && [ -d /run/systemd/system ] && command -v dpkg >/dev/null; then
    choose "gough-agent_*_$(dpkg --print-architecture).deb"
fi
[ -n "$name" ] || choose "gough-agent-linux-$arch.tar.gz"
[ -n "$name" ] || fail "Gough has no agent for $arch"

# -- download --
etc=$ROOT/etc/gough-agent
install -d -m 755 "$etc"
if [ -n "$ca" ]; then
    install -m 644 "$ca" "$etc/ca.pem"
fi
{
    echo "MANAGEMENT_SERVER_URL=$PUBLIC_URL"
    echo "GOUGH_ENROLMENT_TOKEN=$ENROLMENT_TOKEN"
    echo "SERVER_ID=$SERVER_ID"
    echo "MONITORING_INTERVAL=$INTERVAL"
    [ -z "$ca" ] || echo "GOUGH_CA_FILE=/etc/gough-agent/ca.pem"
    [ -z "$ALLOW_HTTP" ] || echo "GOUGH_ALLOW_HTTP=true"
} >"$etc/agent.env.new"
mv -f "$etc/agent.env.new" "$etc/agent.env"

install_package() {
    tries=0
    code=0
    export DEBIAN_FRONTEND=noninteractive
    while :; do
        (umask 022 && dpkg --install --force-confold "$got") && return || code=$?
        tries=$((tries + 1))
        [ "$code" -eq 2 ] && [ "$tries" -lt "$LOCK_TRIES" ] || return "$code"
        sleep 2
    done
}

install_archive() {
    new=$ROOT/opt/gough-agent.new
    rm -rf "$new"
    install -d -m 755 "$ROOT/opt" "$new"
    (
        umask 022
        tar -xzf "$got" -C "$new" --strip-components=1 --no-same-owner
    )
    [ -f "$new/gough-agent.service" ] || fail "the archive holds no gough-agent.service"
    rm -rf "$ROOT/opt/gough-agent"
    mv "$new" "$ROOT/opt/gough-agent"
    install -D -m 644 "$ROOT/opt/gough-agent/gough-agent.service" "$ROOT/etc/systemd/system/gough-agent.service"
}

case $name in
    *.deb)
        install_package || fail "dpkg could not install $name; correct what it says above, then run this script again"
        systemctl start gough-agent # which dpkg has done, unless a policy forbade it
        ;;
    *)
        install_archive
        if [ -z "$ROOT" ]; then
            systemctl daemon-reload
            systemctl enable gough-agent
            systemctl restart gough-agent # one that ran already takes up the new token
        fi
        ;;
esac
