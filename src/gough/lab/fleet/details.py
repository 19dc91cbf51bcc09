"""What Fleet asks every host about itself, and where the answers go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gough.lab.fleet.host import Host, Installed

Rows = list[dict[str, str]]
GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Detail:
    sql: str
    take: Callable[[Host, Rows], None]


def _os_version(host: Host, rows: Rows) -> None:
    for row in rows:
        host.platform, host.platform_like = row.get("platform", ""), row.get("platform_like", "")
        host.os_version = f"{row.get('name', '')} {row.get('version', '')}".strip()


def _system_info(host: Host, rows: Rows) -> None:
    for row in rows:
        host.uuid, host.hostname = row.get("uuid", ""), row.get("hostname", "")
        host.serial, host.model = row.get("hardware_serial", ""), row.get("hardware_model", "")
        host.vendor, host.cpu_brand = row.get("hardware_vendor", ""), row.get("cpu_brand", "")
        host.memory, host.cpu_cores = _number(row, "physical_memory"), _number(row, "cpu_logical_cores")


def _osquery_info(host: Host, rows: Rows) -> None:
    for row in rows:
        host.osquery_version = row.get("version", "")


def _network(host: Host, rows: Rows) -> None:
    for row in rows[:1]:
        host.primary_ip, host.primary_mac = row.get("address", ""), row.get("mac", "")


def _uptime(host: Host, rows: Rows) -> None:
    for row in rows:
        host.uptime = _number(row, "total_seconds") * 1_000_000_000  # Go's durations are nanoseconds


def _disk(host: Host, rows: Rows) -> None:
    for row in rows:
        size = _number(row, "blocks_size")
        host.disk_total = round(_number(row, "blocks") * size / GIGABYTE, 2)
        host.disk_free = round(_number(row, "blocks_available") * size / GIGABYTE, 2)


def _software(host: Host, rows: Rows) -> None:
    host.software = tuple(Installed(row["name"], row["version"], "deb_packages") for row in rows)


def _number(row: Mapping[str, str], name: str) -> int:
    given = row.get(name, "")
    return int(given) if given.isdigit() else 0


DETAILS: Mapping[str, Detail] = {
    "os_version": Detail("SELECT name, version, platform, platform_like FROM os_version", _os_version),
    "system_info": Detail("SELECT * FROM system_info LIMIT 1", _system_info),
    "osquery_info": Detail("SELECT version FROM osquery_info LIMIT 1", _osquery_info),
    "network_interface_unix": Detail(
        "SELECT ia.address, id.mac FROM interface_addresses ia "
        "JOIN interface_details id ON id.interface = ia.interface WHERE ia.address NOT LIKE '127.%' "
        "AND ia.address NOT LIKE '%:%'",
        _network,
    ),
    "uptime": Detail("SELECT total_seconds FROM uptime LIMIT 1", _uptime),
    "disk_space_unix": Detail("SELECT blocks, blocks_size, blocks_available FROM mounts WHERE path = '/'", _disk),
    "software_linux": Detail("SELECT name, version FROM deb_packages", _software),
}
