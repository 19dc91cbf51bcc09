"""Reading an address's parameters as what an operation declares."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar, get_origin
from urllib.parse import parse_qsl

from pydantic import BeforeValidator, ValidationError

from gough.domain.errors import Invalid, Problem
from gough.domain.locations import has_control_characters
from gough.web.declaration import Query
from gough.web.message import Request


def _moment(value: Any) -> Any:
    """Raises ValueError for what is no RFC 3339 moment; a bare number would be taken for seconds."""
    found = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value.upper() else None
    if found is None or found.tzinfo is None:
        raise ValueError("expected a moment with its offset, like 2026-01-01T12:00:00Z")
    return found


When = Annotated[datetime, BeforeValidator(_moment)]
"""A parameter that is a moment."""
Model = TypeVar("Model", bound=Query)
MOST_PARAMETERS = 200
REFUSED = "The address has parameters that this operation does not take like this."


def parse_query(request: Request, model: type[Model]) -> Model:
    """Raises Invalid with every parameter that is wrong, as `?name`."""
    text = str(request.environ.get("QUERY_STRING", ""))
    if not text and isinstance(usual := _usual(model), model):
        return usual
    given: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise Invalid(REFUSED, hint=f"Give at most {MOST_PARAMETERS} parameters.") from None
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    problems = _unreadable(given, model)
    if problems:
        raise Invalid(REFUSED, problems=problems)
    values: dict[str, Any] = {name: v if _is_list(model, name) else v[0] for name, v in given.items()}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = [Problem(f"?{e['loc'][0]}", _said(e["type"], e["msg"])) for e in error.errors(include_input=False)]
        raise Invalid(REFUSED, problems=found) from None


@cache
def _usual(model: type[Query]) -> Query | None:
    """What an address without parameters means; None where it must have some. One for all, as nobody can change it."""
    try:
        return model()
    except ValidationError:
        return None


def _unreadable(given: dict[str, list[str]], model: type[Query]) -> list[Problem]:
    problems = []
    for name, values in given.items():
        if any(map(has_control_characters, values)):
            problems.append(Problem(f"?{name}", "contains control characters"))
        elif len(values) > 1 and name in model.model_fields and not _is_list(model, name):
            problems.append(Problem(f"?{name}", "is given more than once"))
    return problems


def _is_list(model: type[Query], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list


def _said(kind: str, message: str) -> str:
    return (
        "is not a parameter of this operation" if kind == "extra_forbidden" else message.removeprefix("Value error, ")
    )
