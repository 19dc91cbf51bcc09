"""What a template asks of whoever deploys it: typed variables, as data, and the one way to check values for them.

Values come from JSON (already typed) and from forms and command lines (always text). Text is turned into another
type only from one exact form: `8080`, `true`. Nothing else is guessed, so `yes`, `8080.0` and ` 8080` are refused.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gough.domain.errors import Problem
from gough.domain.variable_types import READERS, Scalar, VariableType

Value = Scalar | tuple[Scalar, ...] | None

ITEMS_LIMIT = 1000

__all__ = ["Scalar", "Value", "Variable", "VariableType", "check_value", "check_values", "secret_names"]


@dataclass(frozen=True, slots=True)
class Variable:
    """`minimum` and `maximum` bound an int's value, a text's length, a list's number of items.

    A list's `pattern` and `choices` hold for each of its items.
    """

    name: str
    type: VariableType = VariableType.STRING
    description: str = ""
    default: Value = None
    required: bool = False
    pattern: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    item_type: VariableType = VariableType.STRING


def secret_names(variables: Sequence[Variable]) -> frozenset[str]:
    return frozenset(v.name for v in variables if v.type is VariableType.SECRET)


def check_values(
    variables: Sequence[Variable], given: Mapping[str, object]
) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    """Every variable with its value, and everything that is wrong with what was given, at once.

    A problem's pointer is `/variables/<name>`; its message never repeats the value. A variable that has a problem
    is missing from the values. One that is neither given, required nor defaulted is None (a list: empty).
    """
    known = {variable.name for variable in variables}
    problems = [Problem(_pointer(name), "the template has no such variable") for name in given if name not in known]
    values: dict[str, Value] = {}
    for variable in variables:
        try:
            values[variable.name] = _value(variable, given.get(variable.name))
        except ValueError as error:
            problems.append(Problem(_pointer(variable.name), str(error)))
    return values, tuple(problems)


def check_value(variable: Variable, raw: object) -> Value:
    """The one value in its type; ValueError says in a few words what was expected."""
    if variable.type is VariableType.LIST:
        items = tuple(_item(variable, position, item) for position, item in enumerate(_items(raw), start=1))
        _within(variable, len(items), "items")
        return items
    return _scalar(variable, variable.type, raw)


def _pointer(name: object) -> str:
    return "/variables/" + str(name).replace("~", "~0").replace("/", "~1")


def _value(variable: Variable, raw: object) -> Value:
    if raw is not None:
        return check_value(variable, raw)
    if variable.default is not None:
        return variable.default
    if variable.required:
        raise ValueError("a value is required")
    return () if variable.type is VariableType.LIST else None


def _items(raw: object) -> Sequence[object]:
    """A list, a JSON array as text, or text with one item a line (what a form's text area gives)."""
    if isinstance(raw, str) and raw.startswith("["):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise ValueError("expected a list; the text starts with [ but is not a JSON array") from None
    elif isinstance(raw, str):
        raw = [line.strip() for line in raw.split("\n") if line.strip()]
    if not isinstance(raw, (list, tuple)):
        raise ValueError("expected a list")
    if len(raw) > ITEMS_LIMIT:
        raise ValueError(f"expected at most {ITEMS_LIMIT} items")
    return raw


def _item(variable: Variable, position: int, raw: object) -> Scalar:
    try:
        return _scalar(variable, variable.item_type, raw)
    except ValueError as error:
        raise ValueError(f"item {position}: {error}") from None


def _scalar(variable: Variable, kind: VariableType, raw: object) -> Scalar:
    value = READERS[kind](raw)
    bounded = variable.type is not VariableType.LIST
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if bounded:
            _within(variable, value, "")
        return value
    if bounded:
        _within(variable, len(value), "characters")
    if variable.choices and value not in variable.choices:
        raise ValueError("expected one of " + ", ".join(variable.choices))
    if variable.pattern and not re.fullmatch(variable.pattern, value):
        raise ValueError(f"expected text that matches {variable.pattern}")
    return value


def _within(variable: Variable, size: int, unit: str) -> None:
    if variable.minimum is not None and size < variable.minimum:
        raise ValueError(f"expected at least {variable.minimum} {unit}".rstrip())
    if variable.maximum is not None and size > variable.maximum:
        raise ValueError(f"expected at most {variable.maximum} {unit}".rstrip())
