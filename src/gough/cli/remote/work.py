"""What is done to one machine: as a job, whose id is answered, or at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from gough.cli.remote.connecting import gough
from gough.cli.remote.parameters import of_action
from gough.domain.locations import Location, unit_text
from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions
from gough.domain.operations import Operation
from gough.domain.priorities import Priority


def deploy(name: str, parameters: Mapping[str, Any], priority: Priority) -> str:
    return gough().machines.deploy(name, **of_action("deploy", parameters), priority=priority).id


def redeploy(name: str, version: int | None, priority: Priority) -> str:
    return gough().machines.redeploy(name, version=version, priority=priority).id


def commission(name: str, options: CommissionOptions, priority: Priority) -> str:
    return gough().machines.commission(name, **options.as_json(), priority=priority).id


def test(name: str, options: ScriptOptions, priority: Priority) -> str:
    return gough().machines.test(name, **options.as_json(), priority=priority).id


def release(name: str, options: ReleaseOptions, priority: Priority, *, not_ours: bool) -> str:
    return gough().machines.release(name, **options.as_json(), not_ours=not_ours, priority=priority).id


def adopt(name: str) -> dict[str, Any]:
    """`job_id`, and the `command` and `script` that hold a secret."""
    made = gough().machines.adopt(name)
    return {"job_id": made.job.id, "command": made.command, "script": made.script}


def operate(name: str, wanted: Operation, *, not_ours: bool) -> dict[str, Any]:
    """What MAAS says afterwards."""
    seen = getattr(gough().machines, wanted.name.lower())(name, not_ours=not_ours)
    return {"hostname": seen.hostname, "maas_status": seen.status, "power_state": seen.power_state}


def change(
    name: str, fields: Mapping[str, str], *, add_tags: Sequence[str], remove_tags: Sequence[str]
) -> dict[str, Any]:
    seen = gough().machines.change(name, **fields, add_tags=list(add_tags), remove_tags=list(remove_tags))
    return {"hostname": seen.hostname, "pool": seen.pool, "zone": seen.zone, "tags": seen.tags}


def locate(name: str, *, site: str | None, rack: str | None, unit: str | None) -> dict[str, Any]:
    """What is None stays. `location` is where it stands then, in words."""
    before = gough().machines.get_tagged(name)
    old = before.value
    seen = gough().machines.locate(
        name, if_match=before.etag, site=old.site if site is None else site, rack=old.rack if rack is None else rack,
        unit=unit_text(old.unit) if unit is None else unit,
    )  # fmt: skip
    return {"hostname": seen.hostname, "location": str(Location(seen.site, seen.rack, seen.unit))}


def import_locations(data: bytes, *, dry_run: bool) -> dict[str, Any]:
    kind = "application/json" if data.lstrip()[:1] in (b"[", b"{") else "text/csv"
    return gough().machines.import_locations(data, kind=kind, dry_run=dry_run).model_dump()
