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
        print(f"@WHO@: download, try {attempt} of {TRIES}: another checksum", file=sys.stderr)
    except (OSError, http.client.HTTPException) as error:  # a server may go away in the middle
        print(f"@WHO@: download, try {attempt} of {TRIES}: {error}", file=sys.stderr)
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

