"""What the catalogue's resources share: finding one of a table, checking fields, answers that are not plain JSON."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from gough.lab.maas.call import Call, Handler, Resource
from gough.lab.maas.forms import REQUIRED, Form, Problems
from gough.lab.maas.wire import BARE_JSON, PLAIN, Answer, Refusal, invalid, json_answer, not_found, text

ITEM = ("PUT", "GET", "DELETE")
COLLECTION = ("POST", "GET")
LABEL = re.compile(r"[\w-]{1,256}")
RESERVED = "This method is reserved for admin users."
Found = TypeVar("Found")


def for_admins(*resources: Resource, words: str = RESERVED, reading: bool = False) -> tuple[Resource, ...]:
    """What changes something is refused to others, with a 403 and these words; with `reading`, so is looking at it."""
    return tuple(
        replace(
            resource,
            handlers={
                key: handler if key[0] == "GET" and not reading else partial(_as_admin, handler, words)
                for key, handler in resource.handlers.items()
            },
        )
        for resource in resources
    )


def _as_admin(handler: Handler, words: str, call: Call) -> Answer:
    if not call.user.is_admin:
        raise text(403, words)
    return handler(call)


def one(table: Mapping[int, Found], given: str, kind: str) -> Found:
    """By its number, or a 404."""
    if not given.isdecimal() or int(given) not in table:
        raise not_found(kind)
    return table[int(given)]


def fields(call: Call) -> Form:
    return call.json_form or call.form


def refuse(problems: Problems) -> None:
    """400 with every field that has problems; nothing when none has."""
    wrong = {name: said for name, said in problems.items() if said}
    if wrong:
        raise invalid(wrong)


def refuse_in_model(problems: Problems) -> Refusal:
    """The same from behind MAAS's forms: its content type has no charset there."""
    return Refusal(replace(invalid(problems).answer, content_type=BARE_JSON))


def name_problems(form: Form, taken: bool, thing: str, current: str = "") -> list[str]:
    """`current` is the name it has now: giving it again is no change."""
    name = form.get("name", current)
    if not name:
        return [REQUIRED]
    if not LABEL.fullmatch(name):
        return ["Enter a valid value."]
    return [f"{thing} with this Name already exists."] if taken and name != current else []


def created(value: Any) -> Answer:
    return replace(json_answer(value), status=201)


def plain(words: str, content_type: str = PLAIN) -> Answer:
    return replace(json_answer(None), content_type=content_type, body=words.encode())


def choice_problem(value: str) -> str:
    return f"Select a valid choice. {value} is not one of the available choices."
