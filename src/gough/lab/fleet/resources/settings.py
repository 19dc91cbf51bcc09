"""The server's version, settings and enrol secrets."""

from typing import Any

from gough.lab.fleet.call import ADMINS, WRITERS, Call, Resource
from gough.lab.fleet.wire import Answer, bad_request, invalid, json_answer, when

MOST_SECRETS, LONGEST_SECRET = 50, 255


def _version(call: Call) -> Answer:
    return json_answer({
        "version": call.core.version,
        "branch": "HEAD",
        "revision": "0" * 40,
        "go_version": "go1.25.0",
        "build_date": "2026-06-01",
        "build_user": "lab",
    })  # fmt: skip


def _read(call: Call) -> Answer:
    with call.core.lock:
        return json_answer(call.core.config)


def _change(call: Call) -> Answer:
    """What is given replaces what is there, field by field; an unknown field is refused, nothing is kept then."""
    with call.core.lock:
        call.core.config = _merged(call.core.config, call.body, "")
        call.core.noted(call.user, "edited_agent_options")
        return json_answer(call.core.config)


def _merged(old: dict[str, Any], new: Any, where: str) -> dict[str, Any]:
    if not isinstance(new, dict):
        raise bad_request(f"json: cannot unmarshal into field {where} of type object")
    if unknown := [name for name in new if name not in old]:
        raise bad_request(f'unsupported key provided: "{where}{unknown[0]}"')
    changed = {
        name: _merged(old[name], value, f"{name}.") if isinstance(old[name], dict) else value
        for name, value in new.items()
    }
    return old | changed


def _secrets(call: Call) -> Answer:
    with call.core.lock:
        known = [
            {"secret": secret, "created_at": when(created), "team_id": None} for secret, created in call.core.secrets
        ]
        return json_answer({"spec": {"secrets": known}})


def _set_secrets(call: Call) -> Answer:
    spec = call.body.get("spec")
    given = spec.get("secrets") if isinstance(spec, dict) else None
    if not isinstance(given, list):
        raise invalid("spec.secrets", "missing required argument")
    texts = [str(each.get("secret", "")) if isinstance(each, dict) else "" for each in given]
    if len(texts) > MOST_SECRETS:
        raise invalid("secrets", f"too many secrets, at most {MOST_SECRETS}")
    if any(not text or len(text) > LONGEST_SECRET for text in texts):
        raise invalid("secrets", "enroll_secret cannot be empty or longer than 255 characters")
    with call.core.lock:
        kept = dict(call.core.secrets)
        call.core.secrets = [(text, kept.get(text, call.core.clock())) for text in texts]
        call.core.noted(call.user, "edited_enroll_secrets")
        return json_answer({})


RESOURCES = (
    Resource(r"version", {"GET": _version}),
    Resource(r"config", {"GET": _read, "PATCH": _change}, {"PATCH": ADMINS}),
    Resource(
        r"spec/enroll_secret", {"GET": _secrets, "POST": _set_secrets},
        {"GET": WRITERS, "POST": frozenset({"admin", "gitops"})},
    ),
)  # fmt: skip
