"""What is installed on the hosts, operating systems among it, and what is known to be wrong with it."""

from typing import Any

from gough.lab.fleet.call import Call, Resource
from gough.lab.fleet.core import Core, Weakness
from gough.lab.fleet.host import Installed
from gough.lab.fleet.host_json import software_json, weakness_json
from gough.lab.fleet.wire import Answer, json_answer, not_found, when

_UNRESOLVED = "resolved_in_version"


def _installed(core: Core) -> dict[Installed, int]:
    """How many hosts have it."""
    counts: dict[Installed, int] = {}
    for host in core.hosts.values():
        for each in host.software:
            counts[each] = counts.get(each, 0) + 1
    return counts


def _page(call: Call, name: str, rows: list[dict[str, Any]], key: str) -> Answer:
    shown, more = call.page(rows, key)
    updated = when(call.core.clock())
    return json_answer({name: shown, "count": len(rows), "counts_updated_at": updated, "meta": call.meta(more)})


def _list(call: Call) -> Answer:
    with call.core.lock:
        text = call.args.get("query", "").lower()
        rows = [
            software_json(call.core, each) | {"hosts_count": count}
            for each, count in _installed(call.core).items()
            if text in each.name.lower()
        ]
        if call.args.get("vulnerable") in ("true", "1"):
            rows = [row for row in rows if row["vulnerabilities"]]
        return _page(call, "software", rows, "id")


def _read(call: Call) -> Answer:
    with call.core.lock:
        for each in _installed(call.core):
            if call.core.software_id(each) == int(call.id):
                return json_answer({"software": software_json(call.core, each) | {"vulnerabilities": None}})
        raise not_found("Software", call.id)


def _concerned(core: Core, weak: Weakness) -> dict[Installed, int]:
    return {
        each: count
        for each, count in _installed(core).items()
        if (each.name, each.version) == (weak.software, weak.version)
    }


def _weakness(core: Core, weak: Weakness) -> dict[str, Any]:
    shown = {name: value for name, value in weakness_json(weak).items() if name != _UNRESOLVED}
    count = sum(_concerned(core, weak).values())
    return shown | {"hosts_count": count, "hosts_count_updated_at": when(core.clock())}


def _weaknesses(call: Call) -> Answer:
    with call.core.lock:
        rows = [_weakness(call.core, weak) for weak in call.core.weaknesses if _concerned(call.core, weak)]
        return _page(call, "vulnerabilities", rows, "cve")


def _one_weakness(call: Call) -> Answer:
    with call.core.lock:
        for weak in call.core.weaknesses:
            if weak.cve == call.id.upper():
                found = [_affected(call.core, each, count) for each, count in _concerned(call.core, weak).items()]
                shown = _weakness(call.core, weak)
                return json_answer({"vulnerability": shown, "os_versions": None, "software": found or None})
        raise not_found("Vulnerability", call.id)


def _affected(core: Core, each: Installed, count: int) -> dict[str, Any]:
    shown = software_json(core, each)
    names = ("id", "name", "version", "source", "extension_for", "generated_cpe")
    return {name: shown[name] for name in names} | {"hosts_count": count, _UNRESOLVED: ""}


def _systems(call: Call) -> Answer:
    with call.core.lock:
        counts: dict[tuple[str, str], int] = {}
        for host in call.core.hosts.values():
            counts[host.os_version, host.platform] = counts.get((host.os_version, host.platform), 0) + 1
        rows = [
            {
                "os_version_id": number,
                "name": name,
                "name_only": name.rpartition(" ")[0],
                "version": name.rpartition(" ")[2],
                "platform": platform,
                "hosts_count": count,
                "vulnerabilities": [],
                "vulnerabilities_count": 0,
            }
            for number, ((name, platform), count) in enumerate(sorted(counts.items()), start=1)
        ]
        return _page(call, "os_versions", rows, "os_version_id")


RESOURCES = (
    Resource(r"software/versions", {"GET": _list}),
    Resource(r"software/versions/(\d+)", {"GET": _read}),
    Resource(r"vulnerabilities", {"GET": _weaknesses}),
    Resource(r"vulnerabilities/([^/]+)", {"GET": _one_weakness}),
    Resource(r"os_versions", {"GET": _systems}),
)
