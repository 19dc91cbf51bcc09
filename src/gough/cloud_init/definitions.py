"""The `variables` of a template's metadata, read into domain variables."""

import keyword
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gough.cloud_init.document import mark_of, plain
from gough.domain.errors import Problem
from gough.domain.variables import Variable, VariableType, check_value

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TAKEN = {"machine", "loop", "self", "true", "false", "none", "recursive", "endif", "endfor", "elif", "raw", "include"}
_ITEM_TYPES = Literal["string", "int", "bool", "ssh-key", "network"]


class _Definition(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    type: Literal["string", "int", "bool", "enum", "list", "secret", "ssh-key", "network"] = "string"
    description: str = ""
    default: object = None
    required: bool = False
    pattern: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: list[str] = Field(default_factory=list)
    items: _ITEM_TYPES = "string"


def read_variables(node: yaml.Node) -> tuple[tuple[Variable, ...], list[Problem]]:
    """The variables in the order they are written, and every problem with its line and column."""
    if not isinstance(node, yaml.SequenceNode):
        return (), [Problem(str(mark_of(node)), "variables: expected a list")]
    variables: list[Variable] = []
    problems: list[Problem] = []
    for item in node.value:
        variable, found = _read(item, {known.name for known in variables})
        problems += found
        if variable is not None:
            variables.append(variable)
    return tuple(variables), problems


def _read(node: yaml.Node, earlier: set[str]) -> tuple[Variable | None, list[Problem]]:
    try:
        definition = _Definition.model_validate(plain(node))
    except ValidationError as error:
        return None, [
            Problem(str(mark_of(_at(node, detail["loc"]))), f"{_path(detail['loc'])}{detail['msg']}")
            for detail in error.errors()
        ]
    variable = Variable(
        name=definition.name, type=VariableType(definition.type), description=definition.description,
        required=definition.required, pattern=definition.pattern, minimum=definition.minimum,
        maximum=definition.maximum, choices=tuple(definition.choices), item_type=VariableType(definition.items),
    )  # fmt: skip
    found = [*_name_faults(variable, earlier), *_limit_faults(variable)]
    if not found and definition.default is not None:
        variable, found = _with_default(variable, definition.default)
    return variable, [Problem(str(mark_of(_at(node, (key,)))), f"{key}: {message}") for key, message in found]


def _with_default(variable: Variable, default: object) -> tuple[Variable, list[tuple[str, str]]]:
    if variable.type is VariableType.SECRET:
        return variable, [("default", "a secret has no default: it would be written in the template for all to read")]
    if variable.required:
        return variable, [("default", "a required variable has no default: leave out one of the two")]
    try:
        return replace(variable, default=check_value(variable, default)), []
    except ValueError as error:
        return variable, [("default", str(error))]


def _name_faults(variable: Variable, earlier: set[str]) -> Iterator[tuple[str, str]]:
    if not _NAME.fullmatch(variable.name):
        yield "name", "expected small letters, digits and _, starting with a letter"
    elif variable.name in _TAKEN or keyword.iskeyword(variable.name):
        yield "name", f"{variable.name} means something else in templates: choose another"
    elif variable.name in earlier:
        yield "name", f"there is already a variable {variable.name}"


def _limit_faults(variable: Variable) -> Iterator[tuple[str, str]]:
    low, high = variable.minimum, variable.maximum
    if low is not None and high is not None and low > high:
        yield "minimum", "is greater than maximum"
    if variable.type is VariableType.ENUM and not variable.choices:
        yield "type", "an enum needs choices"
    try:
        re.compile(variable.pattern)
    except re.error as error:
        yield "pattern", f"not a regular expression: {error}"


def _at(node: yaml.Node, path: tuple[str | int, ...]) -> yaml.Node:
    """The deepest node on the path; a key that is missing is reported where its mapping starts."""
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), node)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
    return node


def _path(path: tuple[str | int, ...]) -> str:
    return "".join(f"{step}: " for step in path if isinstance(step, str))
