"""The `variables` of a template's metadata, read into domain variables."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gough.cloud_init.definition_rules import Fault, faults
from gough.cloud_init.document import mark_of, plain
from gough.domain.errors import Problem
from gough.domain.variables import Variable, VariableType, check_value

_ITEM_TYPES = Literal["string", "int", "bool", "ssh-key", "network"]


class Definition(BaseModel):
    """A variable as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    type: Literal["string", "int", "bool", "enum", "list", "secret", "ssh-key", "network"] = "string"
    description: str = ""
    default: object = None
    required: bool = False
    required_when: dict[str, str | int | bool] = Field(default_factory=dict)
    pattern: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: list[str] = Field(default_factory=list)
    items: _ITEM_TYPES = "string"
    item_minimum: int | None = None
    item_maximum: int | None = None
    form: Literal["", "address", "network", "interface"] = ""
    within: list[str] = Field(default_factory=list)

    @property
    def variable(self) -> Variable:
        return Variable(
            name=self.name, type=VariableType(self.type), description=self.description, required=self.required,
            pattern=self.pattern, minimum=self.minimum, maximum=self.maximum, choices=tuple(self.choices),
            item_type=VariableType(self.items), item_minimum=self.item_minimum, item_maximum=self.item_maximum,
            form=self.form, within=tuple(self.within), required_when=tuple(self.required_when.items()),
        )  # fmt: skip


def read_variables(node: yaml.Node, inherited: Sequence[Variable] = ()) -> tuple[tuple[Variable, ...], list[Problem]]:
    """The inherited variables and those written here, in this order, and every problem with its line and column.

    One that bears the name of an inherited one takes its place; it has to keep its type.
    """
    if not isinstance(node, yaml.SequenceNode):
        return tuple(inherited), [Problem(str(mark_of(node)), "variables: expected a list")]
    known = {variable.name: variable for variable in inherited}
    problems: list[Problem] = []
    here: set[str] = set()
    for item in node.value:
        variable, found = _read(item, known, here)
        problems += found
        if variable is not None:
            known[variable.name] = variable
            here.add(variable.name)
    return tuple(known.values()), problems


def _read(node: yaml.Node, known: dict[str, Variable], here: set[str]) -> tuple[Variable | None, list[Problem]]:
    try:
        definition = Definition.model_validate(plain(node))
    except ValidationError as error:
        return None, [
            Problem(str(mark_of(_at(node, detail["loc"]))), f"{_path(detail['loc'])}{detail['msg']}")
            for detail in error.errors()
        ]
    variable = definition.variable
    names = list(known)
    before = names[: names.index(variable.name)] if variable.name in known else names
    found = [
        *_clashes(variable, known, here),
        *faults(variable, definition.model_fields_set, {name: known[name] for name in before}),
    ]
    if not found and definition.default is not None:
        variable, found = _with_default(variable, definition.default)
    return variable, [Problem(str(mark_of(_at(node, (key,)))), f"{key}: {message}") for key, message in found]


def _clashes(variable: Variable, known: dict[str, Variable], here: set[str]) -> list[Fault]:
    if variable.name in here:
        return [("name", f"there is already a variable {variable.name}")]
    old = known.get(variable.name)
    if old is not None and (old.type, old.item_type) != (variable.type, variable.item_type):
        return [("type", f"the inherited variable {old.name} has another type, which its users rely on")]
    return []


def _with_default(variable: Variable, default: object) -> tuple[Variable, list[Fault]]:
    if variable.type is VariableType.SECRET:
        return variable, [("default", "a secret has no default: it would be written in the template for all to read")]
    if variable.required:
        return variable, [("default", "a required variable has no default: leave out one of the two")]
    try:
        return replace(variable, default=check_value(variable, default)), []
    except ValueError as error:
        return variable, [("default", str(error))]


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
