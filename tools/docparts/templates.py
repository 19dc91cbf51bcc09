"""The template library and the keys of variables, from cloud-init/templates and gough.cloud_init."""

from collections.abc import Mapping
from pathlib import Path

from gough.cloud_init import TemplateSource, discover
from gough.cloud_init.definition_rules import MEANINGFUL, OF_ITEMS
from gough.cloud_init.definitions import Definition
from gough.domain.variables import Variable, VariableType, shown
from tools.docparts import table

LIBRARY = Path(__file__).parents[2] / "cloud-init" / "templates"
MEANINGS: Mapping[str, str] = {
    "name": "Small letters, digits and `_`; how expressions call it",
    "type": "See above; `string` if left out",
    "description": "What people read beside the field",
    "default": "The value when nobody gives one; it is checked like any other. A secret has none",
    "required": "`true`: somebody has to give a value",
    "required_when": "`{role: worker}`: a value is required if each of these earlier variables has this value",
    "pattern": "A regular expression that the whole text has to match; see below",
    "minimum": "The least value of an int, length of a text, prefix of a network, number of items of a list",
    "maximum": "The greatest",
    "choices": "The texts that may be given; an enum needs them",
    "items": "The type of a list's items: string, int, bool, ssh-key or network",
    "item_minimum": "As minimum, for each item of a list",
    "item_maximum": "As maximum, for each item of a list",
    "form": "`address`, `network` (CIDR, no host bits) or `interface` (an address with its network's prefix)",
    "within": "Networks in CIDR form; an address or a network has to lie in one of them",
}


def keys() -> str:
    """Every key of a variable. Raises LookupError when the meanings above are not those of the keys."""
    if MEANINGS.keys() != Definition.model_fields.keys():
        raise LookupError(f"meanings and keys differ: {sorted(MEANINGS.keys() ^ Definition.model_fields.keys())}")
    return table(("key", "for", "meaning"), ((f"`{key}`", _types(key), said) for key, said in MEANINGS.items()))


def library() -> str:
    """Each template with what it adds to those it extends."""
    return "\n\n".join(_section(source) for source in discover(LIBRARY))


def _types(key: str) -> str:
    types = MEANINGFUL.get(key)
    if types is None:
        return "all"
    names = [kind.value for kind in VariableType if kind in types]
    return ", ".join(names) + (", items of a list" if key in OF_ITEMS else "")


def _section(source: TemplateSource) -> str:
    inherited = {variable for parent in source.parents for variable in parent.variables}
    rows = (
        (f"`{v.name}`", _type(v), _default(v), v.description)
        for v in source.variables if v not in inherited
    )  # fmt: skip
    extends = ", ".join(f"`{parent.name}`" for parent in source.parents)
    lead = f"{source.description}{f' Extends {extends}, whose variables it has too.' if extends else ''}"
    return f"### {source.name}\n\n{lead}\n\n{table(('variable', 'type', 'default', 'meaning'), rows)}"


def _type(variable: Variable) -> str:
    if variable.type is VariableType.LIST:
        return f"list of {variable.item_type.value}"
    return ", ".join(f"`{choice}`" for choice in variable.choices) or variable.type.value


def _default(variable: Variable) -> str:
    if variable.required:
        return "required"
    if variable.required_when:
        return "required if " + " and ".join(f"{name} is {shown(value)}" for name, value in variable.required_when)
    default = variable.default
    return "-" if default is None or isinstance(default, tuple) else f"`{shown(default)}`"
