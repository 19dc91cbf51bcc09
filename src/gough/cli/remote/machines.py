"""Machines, looked at."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from gough.cli.remote.connecting import gough, plain, when
from gough.domain.errors import Invalid, Problem
from gough.domain.machine_status import MachineStatus
from gough.web.api.answers.machines import Event, MachineRow

MOST_MACHINES = 50_000  # of a bulk operation
STATUS = {status.label: status.value for status in MachineStatus}


def listed(text: str, given: Mapping[str, Sequence[str]], sort: str) -> Iterator[dict[str, Any]]:
    """Rows as they are read; `maas` is the status in a word."""
    rows = gough().machines.list(**given, q=text or None, sort=sort)
    with _as_options():  # it answers with the first page
        first = next(rows, None)
    if first is None:
        return iter(())
    return map(_row, _chain(first, rows))


def ids(text: str, given: Mapping[str, Sequence[str]]) -> list[str]:
    """Of all that match. Raises Invalid for no filter at all, and where nothing matches."""
    refused = "The machines cannot be chosen like this."
    if not text and not any(given.values()):
        raise Invalid(refused, hint="Give at least one filter; every machine is seldom what was meant.")
    found = [row["id"] for row in islice(listed(text, given, "hostname"), MOST_MACHINES + 1)]
    if len(found) > MOST_MACHINES:
        raise Invalid(refused, hint=f"More than {MOST_MACHINES} machines match; choose fewer at a time.")
    if not found:
        raise Invalid("No machine matches.", hint="`gough machine list` takes the same filters.")
    return found


def named(name: str) -> dict[str, Any]:
    """`id`, `hostname` and `service` of one machine."""
    found = gough().machines.get(name)
    return {"id": found.id, "hostname": found.hostname, "service": found.service}


def shown(name: str) -> dict[str, Any]:
    found = gough().machines.get(name)
    agent = found.agent
    return {
        "hostname": found.hostname, "id": found.id, "system_id": found.system_id, "region": found.region,
        "service": found.service, "since": when(found.service_since), "reason": found.reason,
        "next_action": found.next_action, "maas_status": found.status, "power": found.power_state,
        "template": found.template, "agent": agent.state if agent else "",
        "agent_reason": agent.reason if agent else "", "agent_since": when(agent.since) if agent else None,
        "architecture": found.architecture, "cores": found.cpu_count, "memory_mib": found.memory_mib,
        "addresses": found.ip_addresses, "macs": found.mac_addresses, "zone": found.zone, "pool": found.pool,
        "tags": found.tags, "owner": found.owner, "site": found.site, "rack": found.rack, "unit": found.unit,
    }  # fmt: skip


def history(name: str, limit: int) -> list[dict[str, Any]]:
    """The newest events, oldest first."""
    return [_event(each) for each in _newest(name, limit)]


def following(name: str, limit: int) -> Iterator[dict[str, Any]]:
    """As `history`, and then what happens from now on, without end."""
    before = _newest(name, limit)
    yield from map(_event, before)
    told = {each.id for each in before}
    after = max((each.position for each in before if each.position is not None), default=0)
    for event in gough().events(after=after, machine=name):
        if event.id not in told:
            yield _event(event)


def verdict(name: str) -> dict[str, Any]:
    """Why a machine is not in service: its state, and the `diagnosis` of its newest job."""
    found = gough().machines.get(name)
    return {
        "hostname": found.hostname, "service": found.service, "reason": found.reason,
        "next_action": found.next_action, "diagnosis": found.job.diagnosis if found.job else None,
    }  # fmt: skip


def results(name: str, script: str) -> list[dict[str, Any]]:
    """Of its scripts in MAAS, newest first. With `script`: of that one, its `output` and the `cause` of a failure."""
    return [
        {
            "name": each.name, "kind": each.kind, "status": each.status, "exit_status": each.exit_status,
            "output": each.output or "", "device": each.device, "cause": each.cause and each.cause.model_dump(),
        }
        for each in gough().machines.results(name, output=script or None)
    ]  # fmt: skip


def runs(name: str, limit: int) -> list[dict[str, Any]]:
    """Of its playbooks, newest first."""
    found = gough().machines.playbook_runs(name, limit=min(limit, 200))
    return [
        {**run.model_dump(), "started_at": when(run.started_at), "finished_at": when(run.finished_at)}
        for run in islice(found, limit)
    ]


def _newest(name: str, limit: int) -> list[Event]:
    return list(islice(gough().machines.timeline(name, sort="-occurred_at", limit=min(limit, 200)), limit))[::-1]


def _chain(first: MachineRow, rest: Iterator[MachineRow]) -> Iterator[MachineRow]:
    yield first
    yield from rest


@contextmanager
def _as_options() -> Iterator[None]:
    """What the server says of a parameter, said of the option it was given with."""
    try:
        yield
    except Invalid as error:
        problems = [Problem(f"--{p.pointer.removeprefix('?')}", p.message) for p in error.problems]
        raise Invalid(str(error), hint=error.hint, problems=problems) from error


def _row(row: MachineRow) -> dict[str, Any]:
    return {**plain(row), "status": STATUS.get(row.status), "maas": row.status,
            "service_since": when(row.service_since), "status_since": when(row.status_since)}  # fmt: skip


def _event(each: Event) -> dict[str, Any]:
    return {
        "at": f"{each.occurred_at[:19]}Z", "source": each.source, "level": each.level, "kind": each.kind,
        "actor": each.actor, "message": each.message,
    }  # fmt: skip
