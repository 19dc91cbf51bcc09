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

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
got=$work/$name
ca=
if [ -n "$CA_PEM" ]; then
    ca=$work/ca.pem
    printf '%s' "$CA_PEM" >"$ca"
fi

url=$PUBLIC_URL/agent/$name
python3 - "$url" "$got" "$expected" "$ca" "$RETRY_SECONDS" <<'PYTHON' || fail "could not download $url"
import hashlib, http.client, ssl, sys, time, urllib.error, urllib.request

TRIES, LONGEST = 24, 30.0  # ten minutes: the management server may be restarted, or moved, meanwhile
OTHER_CONTENT_TRIES = 8
url, target, expected, ca, wait = sys.argv[1:]
context = ssl.create_default_context()
if ca:
    context.load_verify_locations(ca)
for attempt in range(1, TRIES + 1):
    try:
        with urllib.request.urlopen(url, timeout=30, context=context) as answer, open(target, "wb") as file:
            content = answer.read()
            file.write(content)
        if hashlib.sha256(content).hexdigest() == expected or attempt >= OTHER_CONTENT_TRIES:
            sys.exit(0)  # what is wrong to the last is told below
        print(f"gough-agent: download, try {attempt} of {TRIES}: another checksum", file=sys.stderr)
    except (OSError, http.client.HTTPException) as error:  # a server may go away in the middle
        print(f"gough-agent: download, try {attempt} of {TRIES}: {error}", file=sys.stderr)
        if isinstance(error, urllib.error.HTTPError) and error.code in (403, 404, 410):
            break  # asking again does not help
    if attempt < TRIES:
        time.sleep(min(float(wait) * 2 ** (attempt - 1), LONGEST))
sys.exit(1)
PYTHON

actual=$(sha256sum "$got" | cut -d ' ' -f 1)
if [ "$actual" != "$expected" ]; then
    fail "the download's checksum is $actual; expected $expected; nothing was installed"
fi

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
