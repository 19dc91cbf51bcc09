"""What an installed system finds of its region: cloud-init's MAAS datasource, and what that fetches.

cloud-init 22.4 `sources/DataSourceMAAS.py`; MAAS 3.4 `compose_cloud_init_preseed`.
"""

import json
from collections.abc import Mapping

from gough.lab.maas import Region

VERSION = "2012-03-01"
CONFIGURATION = """\
datasource_list: [ MAAS ]
datasource:
  MAAS:
    metadata_url: {region}/MAAS/metadata/by-id/{id}/
reporting:
  maas:
    type: webhook
    endpoint: {region}/MAAS/metadata/status/{id}
"""


def configuration(region_url: str, system_id: str) -> bytes:
    """For /etc/cloud/cloud.cfg.d of the installed system."""
    return CONFIGURATION.format(region=region_url, id=system_id).encode()


def metadata(region: Region, system_id: str) -> Mapping[str, bytes]:
    """{path below the version: content}, without the user-data, whose first fetch means more."""
    machine = region.snapshot(system_id)
    return {
        "meta-data/instance-id": system_id.encode(),
        "meta-data/local-hostname": machine.hostname.encode(),
        # YAML, of which cloud-init takes the part that is for it: `sources/__init__.py`, convert_vendordata.
        "meta-data/vendor-data": json.dumps({"cloud-init": region.vendor_data(system_id).decode()}).encode(),
    }
