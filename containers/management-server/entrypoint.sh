#!/bin/sh
# Secrets that only some installations have: their files are named in compose.yaml and may be missing or empty.
set -eu

optional() {
    eval "file=\${$1:-}"
    # shellcheck disable=SC2154  # eval gives it
    if [ -n "$file" ] && [ ! -s "$file" ]; then unset "$1"; fi
}

optional MAAS_API_KEY_FILE
optional FLEET_TOKEN_FILE
optional GOUGH_SETUP_SECRET_FILE
optional FLEET_CA_FILE
optional GOUGH_CA_FILE
exec "$@"
