"""Which machine a Fleet host is: by UUID, then serial number, then hostname. What cannot be told is a conflict.

A wrong binding would call a machine secure that is not, so a doubt binds nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

# What boards say whose maker never set it.
MEANINGLESS = frozenset({
    "", "0", "none", "unknown", "default string", "to be filled by o.e.m.", "not specified", "system serial number",
    "0123456789", "123456789", "not applicable", "n/a", "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff", "03000200-0400-0500-0006-000700080009",
})  # fmt: skip


class By(StrEnum):
    UUID = "uuid"
    SERIAL = "serial"
    HOSTNAME = "hostname"
    NONE = "none"
    CONFLICT = "conflict"


STRENGTH = {By.UUID: 3, By.SERIAL: 2, By.HOSTNAME: 1}


@dataclass(frozen=True, slots=True)
class Known:
    """A host or a machine, by what may be the same about the two. `id` is Gough's."""

    id: str
    uuid: str
    serial: str
    hostname: str


@dataclass(frozen=True, slots=True)
class Binding:
    by: By
    machine_id: str | None = None
    reason: str = ""


NOBODY = Binding(By.NONE, reason="No machine has its UUID, serial number or hostname.")
KEYS: Mapping[By, Callable[[Known], str]] = {
    By.UUID: lambda known: known.uuid,
    By.SERIAL: lambda known: known.serial,
    By.HOSTNAME: lambda known: known.hostname.partition(".")[0],
}
WORDS = {By.UUID: "UUID", By.SERIAL: "serial number", By.HOSTNAME: "hostname"}


def bind(hosts: Iterable[Known], machines: Iterable[Known]) -> Mapping[str, Binding]:
    """{host's id: what it is bound to}. Two hosts that would be one machine are both in conflict, unless one of them
    matches it by a stronger mark.
    """
    hosts = list(hosts)
    known = {machine.id: machine for machine in machines}
    index = {by: _index(known.values(), key) for by, key in KEYS.items()}
    first = {host.id: _alone(host, known, index) for host in hosts}
    return _exclusive(first, {host.id: host for host in hosts}, known)


def _index(machines: Iterable[Known], key: Callable[[Known], str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for machine in machines:
        if text := _meant(key(machine)):
            found[text].append(machine.id)
    return found


def _meant(text: str) -> str:
    """Lower case, empty where it says nothing."""
    plain = text.strip().lower()
    return "" if plain in MEANINGLESS else plain


def _alone(host: Known, machines: Mapping[str, Known], index: Mapping[By, Mapping[str, list[str]]]) -> Binding:
    """By the strongest mark that finds a machine; a weaker one that finds another is a contradiction."""
    found = {by: index[by].get(_meant(key(host)), []) for by, key in KEYS.items() if _meant(key(host))}
    strongest = next((by for by in KEYS if found.get(by)), None)
    if strongest is None:
        return NOBODY
    if len(found[strongest]) > 1:
        several = ", ".join(sorted(machines[each].hostname for each in found[strongest]))
        return Binding(By.CONFLICT, reason=f"Several machines have its {WORDS[strongest]}: {several}.")
    (machine_id,) = found[strongest]
    machine = machines[machine_id]
    for by in (By.UUID, By.SERIAL):
        ours, theirs = _meant(KEYS[by](host)), _meant(KEYS[by](machine))
        if ours and theirs and ours != theirs and (strongest is By.HOSTNAME or found.get(by)):
            said = f"It has the {WORDS[strongest]} of {machine.hostname}, but another {WORDS[by]} ({ours})."
            return Binding(By.CONFLICT, reason=said)
    return Binding(strongest, machine_id)


def _exclusive(
    first: Mapping[str, Binding], hosts: Mapping[str, Known], machines: Mapping[str, Known]
) -> Mapping[str, Binding]:
    claims: dict[str, list[str]] = defaultdict(list)
    for host_id, binding in first.items():
        if binding.machine_id is not None:
            claims[binding.machine_id].append(host_id)
    bound = dict(first)
    for machine_id, claimants in claims.items():
        strongest = max(STRENGTH[first[host_id].by] for host_id in claimants)
        winners = [host_id for host_id in claimants if STRENGTH[first[host_id].by] == strongest]
        for host_id in claimants:
            others = [hosts[other].hostname or hosts[other].uuid for other in claimants if other != host_id]
            if others and winners != [host_id]:
                said = f"{machines[machine_id].hostname} would be this host and {', '.join(sorted(others))} too."
                bound[host_id] = Binding(By.CONFLICT, reason=said)
    return bound
