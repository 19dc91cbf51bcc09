"""Policies for all hosts."""

from typing import Any

from gough.lab.fleet.call import Call, Resource
from gough.lab.fleet.core import Policy
from gough.lab.fleet.host_json import policy_json
from gough.lab.fleet.wire import Answer, bad_request, exists, invalid, json_answer, not_found, premium, when

FIELDS = ("name", "query", "description", "resolution", "platform")
PLATFORMS = frozenset({"darwin", "windows", "linux", "chrome"})


def _json(call: Call, policy: Policy) -> dict[str, Any]:
    hosts = call.core.hosts.values()
    return policy_json(call.core, policy) | {
        "passing_host_count": sum(host.verdicts.get(policy.id) is True for host in hosts),
        "failing_host_count": sum(host.verdicts.get(policy.id) is False for host in hosts),
        "host_count_updated_at": when(call.core.clock()),
    }


def _policy(call: Call) -> Policy:
    found = call.core.policies.get(int(call.id))
    if found is None:
        raise not_found("Policy", call.id)
    return found


def _checked(call: Call, policy: Policy | None) -> dict[str, str]:
    """The fields that were given, refused as Fleet refuses them."""
    if call.body.get("critical"):
        raise bad_request("option critical requires a premium license")
    given = {name: call.text(name) for name in FIELDS if name in call.body}
    for name in ("name", "query"):
        if not given.get(name, "" if policy is None else "kept").strip():
            raise invalid(name, f"policy {name} cannot be empty")
    unknown = {each.strip() for each in given.get("platform", "").split(",") if each.strip()} - PLATFORMS
    if unknown:
        raise invalid("platform", "invalid policy platform")
    if any(one.name == given.get("name") for one in call.core.policies.values() if one is not policy):
        raise exists("Policy", given["name"])
    return given


def _list(call: Call) -> Answer:
    with call.core.lock:
        shown, _ = call.page([_json(call, policy) for policy in call.core.policies.values()])
        return json_answer({"policies": shown})


def _count(call: Call) -> Answer:
    with call.core.lock:
        return json_answer({"count": len(call.core.policies)})


def _create(call: Call) -> Answer:
    core = call.core
    with core.lock:
        given = dict.fromkeys(FIELDS, "") | _checked(call, None)
        now = core.clock()
        policy = Policy(core.next("policy"), **given, author=call.user, created_at=now, updated_at=now)
        core.policies[policy.id] = policy
        core.noted(call.user, "created_policy", policy_id=policy.id, policy_name=policy.name)
        return json_answer({"policy": _json(call, policy)})


def _read(call: Call) -> Answer:
    with call.core.lock:
        return json_answer({"policy": _json(call, _policy(call))})


def _update(call: Call) -> Answer:
    """A changed query or platform forgets what hosts answered before."""
    core = call.core
    with core.lock:
        policy = _policy(call)
        before = (policy.query, policy.platform)
        for name, value in _checked(call, policy).items():
            setattr(policy, name, value)
        policy.updated_at = core.clock()
        if before != (policy.query, policy.platform):
            for host in core.hosts.values():
                host.verdicts.pop(policy.id, None)
        core.noted(call.user, "edited_policy", policy_id=policy.id, policy_name=policy.name)
        return json_answer({"policy": _json(call, policy)})


def _delete(call: Call) -> Answer:
    core, wanted = call.core, call.ids("ids")
    with core.lock:
        if unknown := [number for number in wanted if number not in core.policies]:
            raise not_found("Policy", unknown[0])
        for number in wanted:
            gone = core.policies.pop(number)
            for host in core.hosts.values():
                host.verdicts.pop(number, None)
            core.noted(call.user, "deleted_policy", policy_id=gone.id, policy_name=gone.name)
        return json_answer({"deleted": wanted})


def _teams(_: Call) -> Answer:
    raise premium()


_ROOT = r"(?:global/)?policies"
RESOURCES = (
    Resource(_ROOT, {"GET": _list, "POST": _create}),
    Resource(rf"{_ROOT}/count", {"GET": _count}),
    Resource(rf"{_ROOT}/delete", {"POST": _delete}),
    Resource(rf"{_ROOT}/(\d+)", {"GET": _read, "PATCH": _update}),
    Resource(r"fleets(?:/.*)?", {"GET": _teams, "POST": _teams, "PATCH": _teams, "DELETE": _teams}),
)
