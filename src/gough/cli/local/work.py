"""What is done to one machine: as a job, whose id is answered, or at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from gough.cli import embedded
from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions
from gough.domain.machine_status import MachineStatus
from gough.domain.operations import Operation
from gough.domain.priorities import Priority
from gough.services import adoption, lifecycle, locations, operations
from gough.services import redeploy as anew
from gough.services.bulk import plan_of


def deploy(name: str, parameters: Mapping[str, Any], priority: Priority) -> str:
    return lifecycle.deploy(embedded.use(), name, plan_of(parameters), by=embedded.me(), priority=priority).id


def redeploy(name: str, version: int | None, priority: Priority) -> str:
    return anew.redeploy(embedded.use(), name, by=embedded.me(), number=version, priority=priority).id


def commission(name: str, options: CommissionOptions, priority: Priority) -> str:
    return lifecycle.commission(embedded.use(), name, options, by=embedded.me(), priority=priority).id


def test(name: str, options: ScriptOptions, priority: Priority) -> str:
    return lifecycle.test(embedded.use(), name, options, by=embedded.me(), priority=priority).id


def release(name: str, options: ReleaseOptions, priority: Priority, *, not_ours: bool) -> str:
    return lifecycle.release(embedded.use(), name, options, by=embedded.me(), not_ours=not_ours, priority=priority).id


def adopt(name: str) -> dict[str, Any]:
    """`job_id`, and the `command` and `script` that hold a secret."""
    made = adoption.adopt(embedded.use(), name, by=embedded.me())
    return {"job_id": made.job.id, "command": made.command, "script": made.script}


def operate(name: str, wanted: Operation, *, not_ours: bool) -> dict[str, Any]:
    """What MAAS says afterwards."""
    seen = operations.operate(embedded.use(), name, wanted, by=embedded.me(), not_ours=not_ours)
    label = MachineStatus(seen.status).label
    return {"hostname": seen.hostname, "maas_status": label, "power_state": seen.power_state}


def change(
    name: str, fields: Mapping[str, str], *, add_tags: Sequence[str], remove_tags: Sequence[str]
) -> dict[str, Any]:
    seen = operations.change(embedded.use(), name, fields, by=embedded.me(), add_tags=add_tags, remove_tags=remove_tags)
    return {"hostname": seen.hostname, "pool": seen.pool, "zone": seen.zone, "tags": seen.tags}


def locate(name: str, *, site: str | None, rack: str | None, unit: str | None) -> dict[str, Any]:
    """What is None stays. `location` is where it stands then, in words."""
    machine = locations.locate(embedded.use(), name, by=embedded.me(), site=site, rack=rack, unit=unit)
    return {"hostname": machine.hostname, "location": str(locations.of(machine))}


def import_locations(data: bytes, *, dry_run: bool) -> dict[str, Any]:
    done = locations.import_file(embedded.use(), data, by=embedded.me(), dry_run=dry_run)
    problems = [{"pointer": each.pointer, "message": each.message} for each in done.problems]
    counts = {"updated": done.updated, "unchanged": done.unchanged, "unmatched": done.unmatched}
    return {**counts, "problems": problems}
