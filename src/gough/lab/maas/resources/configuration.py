"""The region's settings: `maas/?op=get_config` and `set_config`."""

from dataclasses import replace

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import Form
from gough.lab.maas.resources.common import COLLECTION, for_admins, plain, refuse, refuse_in_model
from gough.lab.maas.settings import SETTINGS, parsed, problem
from gough.lab.maas.wire import BARE_JSON, Answer, json_answer, text


def _get(call: Call) -> Answer:
    with call.region.core.lock:
        value = call.region.core.catalogue.settings[_name(call.args)]
        return replace(json_answer(value), content_type=BARE_JSON)


def _set(call: Call) -> Answer:
    if "name" in call.form and "value" not in call.form:
        raise text(400, "No provided value!")
    name = _name(call.form)
    said = problem(name, call.form["value"])
    refuse({name: [said] if said else []})
    with call.region.core.lock:
        call.region.core.catalogue.settings[name] = parsed(name, call.form["value"])
    return plain("OK")


def _name(given: Form) -> str:
    name = given.get("name", "")
    if not name:
        raise text(400, "No provided name!")
    if name not in SETTINGS:
        said = f"{name} is not a valid config setting (valid settings are: {', '.join(SETTINGS)})."
        raise refuse_in_model({name: [said]})
    return name


RESOURCES = for_admins(Resource(r"maas/", COLLECTION, {("GET", "get_config"): _get, ("POST", "set_config"): _set}))
