"""The caller's own API keys."""

from dataclasses import replace

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import Form
from gough.lab.maas.oauth import CONSUMER, Key
from gough.lab.maas.resources.common import plain
from gough.lab.maas.wire import Answer, deleted, json_answer, not_found, text


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([{"name": key.name, "token": key.text} for key in call.region.keys.of(call.user)])


def _create(call: Call) -> Answer:
    with call.region.core.lock:
        made = call.region.keys.add(call.user, call.form.get("name") or CONSUMER)
    return json_answer(
        {"token_key": made.token, "token_secret": made.secret, "consumer_key": made.consumer, "name": made.name}
    )


def _delete(call: Call) -> Answer:
    """Also the one the caller uses: its next request is refused."""
    with call.region.core.lock:
        call.region.keys.revoke(_key(call, _given(call.form, "token_key")).text)
        return deleted()


def _rename(call: Call) -> Answer:
    """By the token or by the whole key."""
    token, name = _given(call.form, "token"), _given(call.form, "name")
    _, _, rest = token.partition(":")
    with call.region.core.lock:
        call.region.keys.rename(_key(call, rest.partition(":")[0] or token), name)
        return replace(plain("Accepted"), status=202)


def _key(call: Call, token: str) -> Key:
    try:
        return call.region.keys.find(call.user, token)
    except KeyError:
        raise not_found("Token") from None


def _given(form: Form, name: str) -> str:
    if not form.get(name):
        raise text(400, f"No provided {name}!")
    return form[name]


RESOURCES = (
    Resource(
        r"account/", ("POST", "GET"),
        {
            ("GET", "list_authorisation_tokens"): _list,
            ("POST", "create_authorisation_token"): _create,
            ("POST", "delete_authorisation_token"): _delete,
            ("POST", "update_token_name"): _rename,
        },
    ),
)  # fmt: skip
