"""What the region tells the installer: the parts of MAAS's curtin configuration that say where and how."""

from typing import Any

from gough.lab.maas.machine import Machine
from gough.lab.maas.storage import LAYOUTS

METADATA = "http://lab.maas:5248/MAAS/metadata"


def curtin_config(machine: Machine) -> dict[str, Any]:
    return {
        "apt": {"preserve_sources_list": False, "sources_list": "deb http://mirror.example/ubuntu $RELEASE main\n"},
        "cloudconfig": {
            "maas-datasource": {
                "content": "datasource_list: [ MAAS ]",
                "path": "/etc/cloud/cloud.cfg.d/90_maas_datasource.cfg",
            }
        },
        "install": {"log_file": "/tmp/install.log", "post_files": ["/tmp/install.log"]},  # noqa: S108 - curtin's
        "kernel": {"mapping": {}, "package": f"linux-{machine.hwe_kernel}"},
        "late_commands": {"maas": ["wget", "--no-proxy", f"{METADATA}/latest/by-id/{machine.system_id}/"]},
        "network": {"version": 2, "ethernets": {nic.name: _ethernet(nic.mac_address) for nic in machine.nics}},
        "reporting": {"maas": {"type": "webhook", "endpoint": f"{METADATA}/status/{machine.system_id}"}},
        "storage": {"version": 1, "config": _storage(machine)},
        "verbosity": 3,
    }


def _ethernet(mac: str) -> dict[str, Any]:
    return {"match": {"macaddress": mac}, "mtu": 1500}


def _storage(machine: Machine) -> list[dict[str, Any]]:
    disk = {"id": "sda", "name": "sda", "type": "disk", "ptable": "gpt", "wipe": "superblock", "grub_device": True}
    parts = enumerate(LAYOUTS[machine.storage_layout], start=1)
    return [disk, *({"id": f"sda-part{n}", "device": "sda", "number": n, "type": "partition"} for n, _ in parts)]
