"""Labels: which hosts belong together, by a query or by hand."""

from typing import Any

from gough.lab.fleet.call import Call, Resource
from gough.lab.fleet.core import Label
from gough.lab.fleet.host_json import label_json
from gough.lab.fleet.resources.hosts import page_of
from gough.lab.fleet.wire import Answer, exists, invalid, json_answer, not_found


def _json(call: Call, label: Label) -> dict[str, Any]:
    count = sum(label.has(host) for host in call.core.hosts.values())
    return label_json(call.core, label) | {"display_text": label.name, "count": count, "host_count": count}


def _alone(call: Call, label: Label) -> dict[str, Any]:
    """A read label names its team, and says no author that somebody else could see."""
    named = {"fleet_name": None} if call.core.has_reports else {}
    return {"label": _json(call, label) | named | {"team_name": None, "author_id": None}}


def _label(call: Call) -> Label:
    found = call.core.labels.get(int(call.id))
    if found is None:
        raise not_found("Label", call.id)
    return found


def _list(call: Call) -> Answer:
    with call.core.lock:
        shown, _ = call.page([_json(call, label) for label in call.core.labels.values()])
        return json_answer({"labels": shown})


def _summary(call: Call) -> Answer:
    names = ("id", "name", "description", "label_type", "team_id", "fleet_id")
    with call.core.lock:
        shown = [label_json(call.core, label) for label in call.core.labels.values()]
        return json_answer({"labels": [{name: one[name] for name in names if name in one} for one in shown]})


def _create(call: Call) -> Answer:
    core = call.core
    with core.lock:
        name, sql, hosts = call.text("name", required=True), call.text("query"), call.body.get("hosts")
        if sql and hosts:
            raise invalid("query", 'Only one of either "query" or "hosts" can be included in the request.')
        if any(label.name == name for label in core.labels.values()):
            raise exists("Label", name)
        members = {host.id for host in core.hosts.values() if any(host.is_called(one) for one in hosts or ())}
        number, now = core.next("label"), core.clock()
        core.labels[number] = Label(number, name, call.text("description"), sql, False, call.user, now, members)
        core.noted(call.user, "created_label", label_id=number, label_name=name)
        for host in core.hosts.values():
            host.labels_at = None if sql else host.labels_at
        return json_answer(_alone(call, core.labels[number]))


def _read(call: Call) -> Answer:
    with call.core.lock:
        return json_answer(_alone(call, _label(call)))


def _delete(call: Call) -> Answer:
    with call.core.lock:
        label = _label(call)
        if label.built_in:
            raise invalid("name", f'Cannot delete built-in label "{label.name}".')
        del call.core.labels[label.id]
        return json_answer({})


def _hosts(call: Call) -> Answer:
    with call.core.lock:
        label = _label(call)
        return page_of(call, [host for host in call.core.hosts.values() if label.has(host)])


RESOURCES = (
    Resource(r"labels", {"GET": _list, "POST": _create}),
    Resource(r"labels/summary", {"GET": _summary}),
    Resource(r"labels/(\d+)", {"GET": _read}),
    Resource(r"labels/id/(\d+)", {"DELETE": _delete}),
    Resource(r"labels/(\d+)/hosts", {"GET": _hosts}),
)
