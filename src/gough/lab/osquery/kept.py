"""The tables of a machine that is kept as the shipped policies want it, and what each looks like when it is not."""

from collections.abc import Iterable, Mapping

from gough.lab.osquery.tables import Machine, Row, Tables

SSHD = "/etc/ssh/sshd_config"
GOOD: Mapping[str, list[Row]] = {
    "augeas": [{"path": SSHD, "label": "PasswordAuthentication", "value": "no"}],
    "file": [
        {"path": "/etc/ssh/ssh_host_ed25519_key", "uid": "0", "mode": "0600", "type": "regular"},
        {"path": "/var/log/journal", "uid": "0", "mode": "2755", "type": "directory"},
    ],
    "systemd_units": [
        {"id": name, "active_state": "active"}
        for name in ("ufw.service", "apt-daily.timer", "chrony.service", "auditd.service")
    ],
    "listening_ports": [{"port": "5432", "address": "127.0.0.1"}],
    "deb_packages": [
        {"name": name, "version": "1", "status": "install ok installed"}
        for name in ("unattended-upgrades", "libssl3t64")
    ],
    "users": [{"uid": "0", "username": "root", "shell": "/bin/bash"}],
    "shadow": [{"username": "root", "password_status": "locked"}],
    "sudoers": [{"source": "/etc/sudoers", "header": "%sudo", "rule_details": "ALL=(ALL:ALL) ALL"}],
    "mounts": [
        {"path": "/", "device": "/dev/dm-0", "device_alias": "/dev/dm-0", "type": "ext4", "blocks": "26214400",
         "blocks_size": "4096", "blocks_available": "20971520"}
    ],
    "disk_encryption": [{"name": "/dev/dm-0", "encrypted": "1"}],
}  # fmt: skip
BAD: Mapping[str, list[Row]] = {
    "augeas": [
        {"path": SSHD, "label": "PermitRootLogin", "value": "yes"},
        {"path": f"{SSHD}.d/50-cloud-init.conf", "label": "PermitEmptyPasswords", "value": "Yes"},
        {"path": SSHD, "label": "PasswordAuthentication", "value": "yes"},
    ],
    "file": [{"path": "/etc/ssh/ssh_host_rsa_key", "uid": "0", "mode": "0644", "type": "regular"}],
    "systemd_units": [{"id": "ufw.service", "active_state": "inactive"}],
    "listening_ports": [{"port": "6379", "address": "0.0.0.0"}],  # noqa: S104 - a row, nothing listens
    "deb_packages": [{"name": "unattended-upgrades", "version": "1", "status": "deinstall ok config-files"}],
    "users": [
        {"uid": "0", "username": "root", "shell": "/bin/bash"}, {"uid": "0", "username": "toor", "shell": "/bin/sh"}
    ],
    "shadow": [{"username": "guest", "password_status": "empty"}],
    "sudoers": [{"source": "/etc/sudoers.d/ops", "header": "ops", "rule_details": "ALL=(ALL) NOPASSWD: ALL"}],
    "mounts": [{"path": "/", "device_alias": "/dev/sda1"}],
    "disk_encryption": [{"name": "/dev/sda1", "encrypted": "0"}],
    "os_version": [{"platform": "ubuntu", "major": "20"}],
}  # fmt: skip
# osquery's columns that are numbers: SQLite compares a text with a number only where the column says so.
NUMBERS: Mapping[str, tuple[str, ...]] = {
    "file": ("uid",),
    "listening_ports": ("port",),
    "users": ("uid",),
    "disk_encryption": ("encrypted",),
    "os_version": ("major",),
}


def kept(machine: Machine, neglected: Iterable[str] = ()) -> Tables:
    """`neglected` are tables that say what no policy likes."""
    tables = Tables(machine)
    os_version = [{**tables.ask("SELECT * FROM os_version")[0]}]
    for name, rows in {**GOOD, "os_version": os_version, **{name: BAD[name] for name in neglected}}.items():
        tables.set(name, rows, numbers=NUMBERS.get(name, ()))
    return tables
