#!/bin/sh
# MAAS as it has to be before its services start. Each step looks first: it runs at every start of the container.
set -eu
umask 077
# What the container was given is PID 1's environment, and systemd hands none of it on.
for each in $(tr '\0' '\n' </proc/1/environ | grep '^MAAS_' || true); do export "${each?}"; done
URL=${MAAS_PUBLIC_URL:-http://localhost:5240/MAAS}
ADMIN=${MAAS_ADMIN:-gough}
EMAIL=${MAAS_ADMIN_EMAIL:-gough@localhost}
PASSWORD_FILE=/run/secrets/maas_admin_password
DATABASE_PASSWORD=/etc/maas/gough-database-password
KEY=/opt/gough/credentials/maas-api-key

as_postgres() {
    (cd / && runuser -u postgres -- "$@")
}

database() {
    if [ ! -s /var/lib/postgresql/16/main/PG_VERSION ]; then
        pg_createcluster 16 main -- --data-checksums
    elif [ ! -d /etc/postgresql/16/main ]; then
        pg_createcluster 16 main # the data is in a volume, the settings of a new container are not
    fi
    systemctl start postgresql@16-main.service
    if [ ! -s "$DATABASE_PASSWORD" ]; then
        openssl rand -hex 24 >"$DATABASE_PASSWORD.part"
        mv "$DATABASE_PASSWORD.part" "$DATABASE_PASSWORD"
    fi
    as_postgres psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=password="$(cat "$DATABASE_PASSWORD")" <<'SQL'
SELECT 'CREATE ROLE maas LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'maas') \gexec
ALTER ROLE maas PASSWORD :'password';
SELECT 'CREATE DATABASE maasdb OWNER maas' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'maasdb') \gexec
SQL
}

region() {
    maas-region local_config_set --maas-url "$URL" --database-host localhost --database-port 5432 \
        --database-name maasdb --database-user maas --database-pass "$(cat "$DATABASE_PASSWORD")"
    maas-region dbupgrade
    maas-rack config --region-url "$URL"
}

# The key of the administrator is handed to the management server whole or not at all.
administrator() {
    if ! maas apikey --username "$ADMIN" >/dev/null 2>&1; then
        maas createadmin --username "$ADMIN" --email "$EMAIL" --password "$(cat "$PASSWORD_FILE")"
    fi
    maas apikey --username "$ADMIN" | head -n 1 | tr -d '\n' >"$KEY.part"
    chown 10001:10001 "$KEY.part"
    mv "$KEY.part" "$KEY"
}

database
region
administrator
