"""What the definition of a variable may not say, beyond the form of its keys."""

import ipaddress
import keyword
import re
from collections.abc import Iterator, Mapping

from gough.domain.patterns import pattern
from gough.domain.variables import Variable, VariableType, check_value

Fault = tuple[str, str]  # the key, and what is wrong with it

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TAKEN = {"machine", "loop", "self", "true", "false", "none", "recursive", "endif", "endfor", "elif", "raw", "include"}
_TEXTS = {VariableType.STRING, VariableType.ENUM}
MEANINGFUL: Mapping[str, frozenset[VariableType]] = {
    "minimum": frozenset(set(VariableType) - {VariableType.BOOL, VariableType.ENUM, VariableType.SSH_KEY}),
    "maximum": frozenset(set(VariableType) - {VariableType.BOOL, VariableType.ENUM, VariableType.SSH_KEY}),
    "pattern": frozenset(_TEXTS | {VariableType.SECRET}),
    "choices": frozenset(_TEXTS),
    "form": frozenset({VariableType.NETWORK}),
    "within": frozenset({VariableType.NETWORK}),
    "items": frozenset({VariableType.LIST}),
    "item_minimum": frozenset({VariableType.LIST}),
    "item_maximum": frozenset({VariableType.LIST}),
}
OF_ITEMS = frozenset({"pattern", "choices", "form", "within"})
"""Keys that a list has for the sake of its items."""


def faults(variable: Variable, given: set[str], earlier: Mapping[str, Variable]) -> Iterator[Fault]:
    """`given`: the keys that were written. `earlier`: the variables before this one, by name."""
    yield from _name_faults(variable)
    yield from _meaningless(variable, given)
    yield from _limit_faults(variable)
    yield from _condition_faults(variable, earlier)


def _name_faults(variable: Variable) -> Iterator[Fault]:
    if not _NAME.fullmatch(variable.name):
        yield "name", "expected small letters, digits and _, starting with a letter"
    elif variable.name in _TAKEN or keyword.iskeyword(variable.name):
        yield "name", f"{variable.name} means something else in templates: choose another"


def _meaningless(variable: Variable, given: set[str]) -> Iterator[Fault]:
    for key, types in MEANINGFUL.items():
        kind = variable.item_type if variable.type is VariableType.LIST and key in OF_ITEMS else variable.type
        if key in given and kind not in types:
            yield key, f"means nothing for the type {kind}; it is for {', '.join(sorted(types))}"


def _limit_faults(variable: Variable) -> Iterator[Fault]:
    bounds = {
        "minimum": (variable.minimum, variable.maximum),
        "item_minimum": (variable.item_minimum, variable.item_maximum),
    }
    for key, (low, high) in bounds.items():
        if low is not None and high is not None and low > high:
            yield key, f"is greater than {key.replace('minimum', 'maximum')}"
    if variable.type is VariableType.ENUM and not variable.choices:
        yield "type", "an enum needs choices"
    try:
        pattern(variable.pattern)
    except ValueError as error:
        yield "pattern", str(error)
    else:
        yield from _choice_faults(variable)
    yield from (("within", f"{each} is not a network in CIDR form") for each in variable.within if not _is_cidr(each))


def _choice_faults(variable: Variable) -> Iterator[Fault]:
    for choice in variable.choices if variable.type in _TEXTS else ():
        try:
            check_value(variable, choice)
        except ValueError as error:
            yield "choices", f"{choice}: {error}"


def _condition_faults(variable: Variable, earlier: Mapping[str, Variable]) -> Iterator[Fault]:
    if variable.required_when and variable.required:
        yield "required_when", "means nothing for a variable that is always required"
    for name, wanted in variable.required_when:
        other = earlier.get(name)
        if other is None or other.type in (VariableType.LIST, VariableType.SECRET):
            yield "required_when", f"there is no text, number or choice {name} before this variable"
            continue
        try:
            fits = check_value(other, wanted) == wanted
        except ValueError:
            fits = False
        if not fits:
            yield "required_when", f"{name} never has the value {wanted}"


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return "/" in text
