"""Ten thousand machines in a database, as a large site would have them. Always the same ones."""

from datetime import UTC, datetime
from random import Random
from typing import Any

from sqlalchemy import insert, text

from gough.persistence.database import Database
from gough.persistence.models import Machine, MachineTag, Region

MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)
REGION = "reg_bench"
SERVICES = ("in_service",) * 90 + ("in_progress",) * 4 + ("attention",) * 2 + ("out",) * 4


def machines(database: Database, count: int, **other: Any) -> None:
    """`count` machines of one region that nobody follows; `other` overrides columns of them all."""
    chance = Random(1)
    rows = [machine(number, chance) | other for number in range(count)]
    with database.write() as session:
        session.add(Region(id=REGION, name="bench", url="", api_key_sealed="", created_at=MOMENT))
        session.flush()
        session.execute(insert(Machine), rows)
        tags = [{"tag": tag, "machine_id": row["id"]} for row in rows for tag in row["tags"]]
        session.execute(insert(MachineTag), tags)
    with database.write() as session:
        session.execute(text("ANALYZE"))


def machine(number: int, chance: Random) -> dict[str, Any]:
    rack, unit = divmod(number, 40)
    hostname, serial = f"r{rack:03}-n{unit:02}", f"SN{number:07}"
    address, mac = (
        f"10.{rack // 256}.{rack % 256}.{unit + 10}",
        f"52:54:00:{rack // 256:02x}:{rack % 256:02x}:{unit:02x}",
    )
    tags = [f"rack-{rack:03}", chance.choice(("compute", "storage", "edge"))]
    return {
        "id": f"mac_{number:020}", "region_id": REGION, "system_id": f"s{number:05}", "hostname": hostname,
        "fqdn": f"{hostname}.example", "status": 6, "status_since": MOMENT, "power_state": "on", "power_type": "ipmi",
        "architecture": "amd64/generic", "cpu_count": 64, "memory_mib": 262144, "storage_mb": 960197.0,
        "zone": f"zone-{rack % 4}", "pool": "default", "serial": serial, "tags": tags, "mac_addresses": [mac],
        "ip_addresses": [address], "owner_data": {}, "first_seen_at": MOMENT, "observed_at": MOMENT,
        "service": chance.choice(SERVICES), "service_since": MOMENT, "reason": "", "next_action": "",
        "site": f"site-{rack % 4}", "rack": f"{rack:03}", "rack_unit": unit + 1,
        "search": f"{hostname} {hostname}.example s{number:05} {serial} {mac} {address} {' '.join(tags)}".lower(),
    }  # fmt: skip
