#!/bin/sh
# /MAAS/ itself is a redirect that answers with a dead region: the version comes from the region, rackd from systemd.
set -eu
curl --silent --fail --max-time 10 --output /dev/null http://127.0.0.1:5240/MAAS/api/2.0/version/
systemctl --quiet is-active maas-rackd.service
