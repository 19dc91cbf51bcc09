"""Where the region gets its images, and its selections of them."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import REQUIRED, Form
from gough.lab.maas.images import BootSource, Selection
from gough.lab.maas.resources.common import COLLECTION, ITEM, created, fields, for_admins, one, refuse
from gough.lab.maas.wire import Answer, deleted, json_answer

_API = "/MAAS/api/2.0/boot-sources"
_LISTS = ("arches", "subarches", "labels")


def _source(call: Call) -> BootSource:
    return one(call.region.core.catalogue.boot_sources, call.id, "BootSource")


def _json(source: BootSource) -> dict[str, Any]:
    return {
        "created": source.created,
        "updated": source.updated,
        "url": source.url,
        "keyring_filename": source.keyring_filename,
        "id": source.id,
        "keyring_data": source.keyring_data,
        "resource_uri": f"{_API}/{source.id}/",
    }


def _selection_json(selection: Selection) -> dict[str, Any]:
    return {**asdict(selection), "resource_uri": f"{_API}/{selection.boot_source_id}/selections/{selection.id}/"}


def _now(call: Call) -> str:
    moment = datetime.fromtimestamp(call.region.core.clock(), UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([_json(source) for source in call.region.core.catalogue.boot_sources.values()])


def _create(call: Call) -> Answer:
    """Offers nothing: its stream has not been read yet."""
    form = fields(call)
    refuse({"url": [] if form.get("url") else [REQUIRED]})
    with call.region.core.lock:
        catalogue, now = call.region.core.catalogue, _now(call)
        made = BootSource(next(catalogue.ids), form["url"], form.get("keyring_filename", ""), now, now)
        catalogue.boot_sources[made.id] = made
        return created(_json(made))


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(_json(_source(call)))


def _update(call: Call) -> Answer:
    form = fields(call)
    with call.region.core.lock:
        source = _source(call)
        source.url = form.get("url") or source.url
        source.keyring_filename = form.get("keyring_filename", source.keyring_filename)
        source.updated = _now(call)
        return json_answer(_json(source))


def _delete(call: Call) -> Answer:
    with call.region.core.lock:
        del call.region.core.catalogue.boot_sources[_source(call).id]
        return deleted()


def _selection(call: Call) -> Selection:
    return one(_source(call).selections, call.id2, "BootSourceSelection")


def _list_selections(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([_selection_json(selection) for selection in _source(call).selections.values()])


def _create_selection(call: Call) -> Answer:
    form = fields(call)
    with call.region.core.lock:
        source = _source(call)
        _check_offer(source, form.get("os", ""), form.get("release", ""), form.getlist("arches"))
        number = next(call.region.core.catalogue.ids)
        made = Selection(number, source.id, form["os"], form["release"], form.getlist("arches"))
        source.selections[number] = made
        return json_answer(_selection_json(_filled(made, form)))


def _filled(selection: Selection, form: Form) -> Selection:
    for name in _LISTS:
        if name in form:
            setattr(selection, name, form.getlist(name))
    return selection


def _check_offer(source: BootSource, os: str, release: str, wanted: list[str]) -> None:
    refuse({"release": [] if release else [REQUIRED]})
    if os != "ubuntu" or release not in source.offers:
        refuse({"os": [f"OS {os} with release {release} has no available images for download"]})
    if not {*wanted} <= {"*", *source.offers[release]}:
        refuse({"arches": [f"No available images to download for {wanted}"]})


def _read_selection(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(_selection_json(_selection(call)))


def _update_selection(call: Call) -> Answer:
    form = fields(call)
    with call.region.core.lock:
        selection = _selection(call)
        _check_offer(_source(call), selection.os, selection.release, form.getlist("arches"))
        return json_answer(_selection_json(_filled(selection, form)))


def _delete_selection(call: Call) -> Answer:
    with call.region.core.lock:
        del _source(call).selections[_selection(call).id]
        return deleted()


RESOURCES = for_admins(
    Resource(r"boot-sources/", COLLECTION, {("GET", None): _list, ("POST", None): _create}),
    Resource(r"boot-sources/([^/]+)/", ITEM, {("GET", None): _read, ("PUT", None): _update, ("DELETE", None): _delete}),
    Resource(
        r"boot-sources/([^/]+)/selections/", COLLECTION,
        {("GET", None): _list_selections, ("POST", None): _create_selection},
    ),
    Resource(
        r"boot-sources/([^/]+)/selections/([^/]+)/", ITEM,
        {("GET", None): _read_selection, ("PUT", None): _update_selection, ("DELETE", None): _delete_selection},
    ),
    words="User is not allowed access to this API.",
    reading=True,
)  # fmt: skip
