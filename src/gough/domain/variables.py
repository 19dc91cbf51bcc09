"""What a template asks of whoever deploys it: typed variables, as data, and the one way to check values for them.

Values come from JSON (already typed) and from forms and command lines (always text). Text is turned into another
type only from one exact form: `8080`, `true`. Nothing else is guessed, so `yes`, `8080.0` and ` 8080` are refused.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gough.domain.errors import Problem
from gough.domain.patterns import pattern
from gough.domain.variable_types import FORMS, READERS, Scalar, VariableType, lies_within, size_of

Value = Scalar | tuple[Scalar, ...] | None
Bounds = tuple[int | None, int | None]

ITEMS_LIMIT = 1000

__all__ = ["Scalar", "Value", "Variable", "VariableType", "check_value", "check_values", "secret_names"]


@dataclass(frozen=True, slots=True)
class Variable:
    """`minimum` and `maximum` bound an int's value, a text's length, a network's prefix, a list's number of items.

    A list's `pattern`, `choices`, `form` and `within` hold for each of its items, which `item_minimum` and
    `item_maximum` bound. `required_when`: a value is required if each of these variables has this value.
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
    item_minimum: int | None = None
    item_maximum: int | None = None
    form: str = ""
    within: tuple[str, ...] = ()
    required_when: tuple[tuple[str, Scalar], ...] = ()


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
            values[variable.name] = _value(variable, given.get(variable.name), values)
        except ValueError as error:
            problems.append(Problem(_pointer(variable.name), str(error)))
    return values, tuple(problems)


def check_value(variable: Variable, raw: object) -> Value:
    """The one value in its type; ValueError says in a few words what was expected."""
    if variable.type is VariableType.LIST:
        items = tuple(_item(variable, position, item) for position, item in enumerate(_items(raw), start=1))
        _within((variable.minimum, variable.maximum), len(items), "items")
        return items
    return _scalar(variable, variable.type, raw, (variable.minimum, variable.maximum))


def _pointer(name: object) -> str:
    return "/variables/" + str(name).replace("~", "~0").replace("/", "~1")


def _value(variable: Variable, raw: object, others: Mapping[str, Value]) -> Value:
    if raw is not None:
        value = check_value(variable, raw)
    elif variable.default is not None:
        value = variable.default
    elif variable.required:
        raise ValueError("a value is required")
    else:
        value = () if variable.type is VariableType.LIST else None
    conditions = variable.required_when
    if conditions and value in (None, "", ()) and all(others.get(name) == wanted for name, wanted in conditions):
        raise ValueError("a value is required when " + " and ".join(f"{n} is {shown(w)}" for n, w in conditions))
    return value


def shown(value: Scalar) -> str:
    """As people write it in a template: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


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
        return _scalar(variable, variable.item_type, raw, (variable.item_minimum, variable.item_maximum))
    except ValueError as error:
        raise ValueError(f"item {position}: {error}") from None


def _scalar(variable: Variable, kind: VariableType, raw: object, bounds: Bounds) -> Scalar:
    value = FORMS[variable.form](raw) if variable.form else READERS[kind](raw)
    if variable.within and not lies_within(str(value), variable.within):
        raise ValueError("expected one within " + " or ".join(variable.within))
    if (size := size_of(kind, value)) is not None:
        _within(bounds, *size)
    if not isinstance(value, str):
        return value
    if variable.choices and value not in variable.choices:
        raise ValueError("expected one of " + ", ".join(variable.choices))
    if variable.pattern and not pattern(variable.pattern).matches(value):
        raise ValueError(f"expected text that matches {variable.pattern}")
    return value


def _within(bounds: Bounds, size: int, unit: str) -> None:
    low, high = bounds
    if low is not None and size < low:
        raise ValueError(f"expected at least {low} {unit}".rstrip())
    if high is not None and size > high:
        raise ValueError(f"expected at most {high} {unit}".rstrip())
