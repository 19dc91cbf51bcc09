#!/bin/sh
# The specification's names become Fleet's own, and secrets come from files: Fleet reads only MySQL's from one.
set -eu

FLEET_SERVER_CERT=${FLEET_SERVER_CERT:-${FLEET_TLS_CERT:-/etc/ssl/server.crt}}
FLEET_SERVER_KEY=${FLEET_SERVER_KEY:-${FLEET_TLS_KEY:-/etc/ssl/server.key}}
export FLEET_SERVER_CERT FLEET_SERVER_KEY

from_file() {
    if [ -r "$2" ]; then
        value=$(cat "$2")
        export "$1=$value"
    fi
}

from_file FLEET_SERVER_PRIVATE_KEY /run/secrets/fleet_private_key
from_file FLEET_REDIS_PASSWORD /run/secrets/fleet_redis_password
exec "$@"
