#!/bin/sh
# Initialise once, whole or not at all; then see to the role and its password at each start.
set -eu
umask 077
PASSWORD=/run/secrets/postgres_password

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    rm -rf "$PGDATA.new"
    initdb --pgdata="$PGDATA.new" --username=postgres --pwfile="$PASSWORD" --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=peer --auth-host=scram-sha-256 --data-checksums >/dev/null
    mv "$PGDATA.new" "$PGDATA"
fi

# Only through its socket: nobody is let in before the role is as it should be.
pg_ctl --pgdata="$PGDATA" --silent --wait \
    --options="-c listen_addresses='' -c hba_file=/etc/gough/pg_hba.conf -c logging_collector=off" start
psql --username=postgres --dbname=postgres --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=/etc/gough/roles.sql
pg_ctl --pgdata="$PGDATA" --silent --wait --mode=fast stop

exec "$@" -c listen_addresses='*' -c hba_file=/etc/gough/pg_hba.conf
