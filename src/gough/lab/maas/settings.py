"""The region's settings: MAAS 3.4's names in MAAS's order, its defaults, and what it refuses."""

import ipaddress
from collections.abc import Callable

from gough.lab.maas.images import TITLES

Setting = str | int | bool | None
Check = Callable[[str], str]

SETTINGS: dict[str, Setting] = {
    "maas_name": "lab",
    "theme": "",
    "kernel_opts": None,
    "enable_http_proxy": True,
    "maas_proxy_port": 8000,
    "use_peer_proxy": False,
    "prefer_v4_proxy": False,
    "http_proxy": None,
    "default_dns_ttl": 30,
    "upstream_dns": None,
    "dnssec_validation": "auto",
    "maas_internal_domain": "maas-internal",
    "dns_trusted_acl": None,
    "ntp_servers": "ntp.ubuntu.com",
    "ntp_external_only": False,
    "remote_syslog": None,
    "maas_syslog_port": 5247,
    "network_discovery": "enabled",
    "active_discovery_interval": 10800,
    "default_osystem": "ubuntu",
    "default_distro_series": "jammy",
    "default_min_hwe_kernel": "",
    "default_storage_layout": "flat",
    "commissioning_distro_series": "jammy",
    "enable_third_party_drivers": True,
    "windows_kms_host": None,
    "enable_disk_erasing_on_release": False,
    "disk_erase_with_secure_erase": True,
    "disk_erase_with_quick_erase": False,
    "boot_images_auto_import": True,
    "boot_images_no_proxy": False,
    "curtin_verbose": True,
    "force_v1_network_yaml": False,
    "enable_analytics": True,
    "completed_intro": True,
    "max_node_commissioning_results": 10,
    "max_node_testing_results": 10,
    "max_node_installation_results": 3,
    "subnet_ip_exhaustion_threshold_count": 16,
    "release_notifications": True,
    "use_rack_proxy": True,
    "node_timeout": 30,
    "prometheus_enabled": False,
    "prometheus_push_gateway": None,
    "prometheus_push_interval": 60,
    "promtail_enabled": False,
    "promtail_port": 5238,
    "enlist_commissioning": True,
    "maas_auto_ipmi_user": "maas",
    "maas_auto_ipmi_user_privilege_level": "ADMIN",
    "maas_auto_ipmi_k_g_bmc_key": "",
    "maas_auto_ipmi_cipher_suite_id": "3",
    "maas_auto_ipmi_workaround_flags": None,
    "vcenter_server": "",
    "vcenter_username": "",
    "vcenter_password": "",
    "vcenter_datacenter": "",
    "hardware_sync_interval": "15m",
    "tls_cert_expiration_notification_enabled": False,
    "tls_cert_expiration_notification_interval": 30,
    "session_length": 1209600,
    "auto_vlan_creation": True,
}


def _series_problem(value: str) -> str:
    choices = ", ".join(f"'{name}'" for name in TITLES)
    return "" if value in TITLES else f"'{value}' is not a valid release.  It should be one of: {choices}."


def _addresses_problem(value: str) -> str:
    for given in value.replace(",", " ").split():
        try:
            ipaddress.ip_address(given)
        except ValueError:
            return f"Invalid IP address: {given}; provide a list of space-separated IP addresses"
    return ""


CHECKS: dict[str, Check] = {
    "default_distro_series": _series_problem,
    "commissioning_distro_series": _series_problem,
    "upstream_dns": _addresses_problem,
}
LISTS = frozenset({"ntp_servers", "upstream_dns", "dns_trusted_acl"})


def problem(name: str, value: str) -> str:
    """What MAAS says against this value; empty when it takes it."""
    if name in CHECKS:
        return CHECKS[name](value)
    is_number = isinstance(SETTINGS[name], int) and not isinstance(SETTINGS[name], bool)
    return "Enter a whole number." if is_number and not value.isdecimal() else ""


def parsed(name: str, value: str) -> Setting:
    """As MAAS keeps it: flags and numbers by the type of their default, lists joined by spaces."""
    default = SETTINGS[name]
    if isinstance(default, bool):
        return value.lower() in {"true", "1", "on"}
    if isinstance(default, int):
        return int(value)
    return " ".join(value.replace(",", " ").split()) if name in LISTS else value
