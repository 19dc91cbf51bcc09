"""A virtual machine's tables: SQLite under osquery's names, so whatever SQL the server sends is really run."""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Machine:
    """What a virtual machine is, as its tables say it."""

    uuid: str
    hostname: str
    serial: str
    address: str = "10.0.0.2"
    mac: str = "52:54:00:00:00:02"
    memory_bytes: int = 16 * 2**30
    cores: int = 8
    osquery_version: str = "5.17.0"
    packages: Mapping[str, str] = field(default_factory=lambda: {"openssl": "3.0.13-0ubuntu3", "bash": "5.2.21-2"})


def _first_rows(machine: Machine) -> dict[str, list[Row]]:
    return {
        "os_version": [
            {"name": "Ubuntu", "version": "24.04.2 LTS", "major": "24", "minor": "4", "platform": "ubuntu",
             "platform_like": "debian", "codename": "noble", "arch": "x86_64"}
        ],
        "system_info": [
            {"uuid": machine.uuid, "hostname": machine.hostname, "computer_name": machine.hostname,
             "hardware_serial": machine.serial, "hardware_model": "Lab", "hardware_vendor": "Gough",
             "cpu_brand": "virtual", "cpu_logical_cores": str(machine.cores),
             "physical_memory": str(machine.memory_bytes)}
        ],
        "osquery_info": [{"version": machine.osquery_version, "config_valid": "1", "build_platform": "linux"}],
        "uptime": [{"days": "0", "hours": "1", "minutes": "0", "seconds": "0", "total_seconds": "3600"}],
        "interface_addresses": [
            {"interface": "lo", "address": "127.0.0.1", "mask": "255.0.0.0"},
            {"interface": "eth0", "address": machine.address, "mask": "255.255.255.0"},
        ],
        "interface_details": [{"interface": "lo", "mac": ""}, {"interface": "eth0", "mac": machine.mac}],
        "mounts": [
            {"path": "/", "device": "/dev/vda1", "type": "ext4", "blocks": "26214400", "blocks_size": "4096",
             "blocks_available": "20971520"}
        ],
        "deb_packages": [{"name": name, "version": version} for name, version in machine.packages.items()],
        "users": [{"uid": "0", "username": "root", "shell": "/bin/bash"}],
        "processes": [{"pid": "1", "name": "systemd", "path": "/usr/lib/systemd/systemd"}],
    }  # fmt: skip


class Tables:
    """Thread-safe."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        for name, rows in _first_rows(machine).items():
            self.set(name, rows)

    def set(self, table: str, rows: Sequence[Row], columns: Sequence[str] = (), numbers: Sequence[str] = ()) -> None:
        """Make a table hold these rows. `columns` for one that is to be empty; `numbers` compare as such."""
        names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
        if not all(each.isidentifier() for each in (table, *names)):
            raise ValueError(f"no table: {table}")
        listed = ", ".join(f'"{name}"{" INTEGER" if name in numbers else ""}' for name in names)
        marks = ", ".join("?" for _ in names)
        with self._lock:
            self._db.execute(f'DROP TABLE IF EXISTS "{table}"')
            self._db.execute(f'CREATE TABLE "{table}" ({listed})')
            values = [[row.get(name, "") for name in names] for row in rows]
            self._db.executemany(f'INSERT INTO "{table}" VALUES ({marks})', values)  # noqa: S608 - checked above

    def ask(self, sql: str) -> list[Row]:
        """Every value as text, as osquery has them. Raises sqlite3.Error in osquery's words."""
        with self._lock:
            cursor = self._db.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [
                {name: "" if value is None else str(value) for name, value in zip(names, row, strict=True)}
                for row in cursor.fetchall()
            ]

    def close(self) -> None:
        with self._lock:
            self._db.close()
