"""From a rendered cloud-config to the user-data that MAAS is given: a MIME multipart of up to six parts.

MAAS sends its own configuration as vendor-data, and a user's `runcmd` or `write_files` would replace MAAS's whole
list. So the delivered cloud-config holds neither; they become shell scripts, which cloud-init runs in the order of
their names when the boot is nearly finished (module scripts_user).
"""

from collections.abc import Mapping

import yaml

from gough.cloud_init import ansible, installer, osquery, runcmd, write_files
from gough.cloud_init.delivery import Delivery
from gough.cloud_init.mime import Part, assemble
from gough.domain.errors import Invalid, Problem

COMPILED = ("runcmd", "write_files")
CLOUD_CONFIG = "text/cloud-config"
SCRIPT = "text/x-shellscript"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def compile_user_data(config: Mapping[str, object], delivery: Delivery) -> bytes:
    """Deterministic. Raises Invalid, by pointer into the config (`/write_files/0/path`)."""
    parts = [Part(CLOUD_CONFIG, "cloud-config.yaml", dump(delivered_config(config, delivery)))]
    if config.get("write_files"):
        parts.append(Part(SCRIPT, write_files.NAME, write_files.script(config["write_files"])))
    if config.get("runcmd"):
        parts.append(Part(SCRIPT, runcmd.NAME, runcmd.script(config["runcmd"])))
    parts.append(Part(SCRIPT, installer.NAME, installer.script(delivery)))
    if delivery.osquery is not None:
        parts.append(Part(SCRIPT, osquery.NAME, osquery.script(delivery, delivery.osquery)))
    if delivery.ansible is not None:
        parts.append(Part(SCRIPT, ansible.NAME, ansible.script(delivery.ansible)))
    return assemble(parts)


def delivered_config(config: Mapping[str, object], delivery: Delivery) -> dict[str, object]:
    """The cloud-config part: the template's, less what is compiled, with Gough's reporting and CA added."""
    result = {key: value for key, value in config.items() if key not in COMPILED}
    result["reporting"] = {**_mapping(config, "reporting"), "gough": _reporter(delivery)}
    if delivery.ca_pem:
        key = "ca-certs" if "ca-certs" in config else "ca_certs"  # cloud-init reads the older name first
        authorities = _mapping(config, key)
        trusted = authorities.get("trusted") or []
        if not isinstance(trusted, (list, tuple)):
            trusted = [trusted]
        result[key] = {**authorities, "trusted": [*trusted, delivery.ca_pem]}
    return result


def dump(config: Mapping[str, object]) -> str:
    """ASCII only: what a part holds beyond that would have to be hidden in base64."""
    text = yaml.dump(dict(config), Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=100)
    return "#cloud-config\n" + text


def _reporter(delivery: Delivery) -> dict[str, object]:
    """A dead endpoint may not hold up the boot, so it is asked twice more and not waited for long."""
    endpoint = f"{delivery.public_url}/api/v1/reports/cloud-init/{delivery.report_token}"
    return {"type": "webhook", "endpoint": endpoint, "timeout": 5, "retries": 2}


def _mapping(config: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = config.get(key) or {}
    if not isinstance(value, Mapping):
        raise Invalid("The configuration cannot be compiled.", problems=[Problem(f"/{key}", "expected a mapping")])
    return value
