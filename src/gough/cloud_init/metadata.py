"""`template.yaml`: what a template is, what it extends, of which parts it consists, and what it asks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from gough.cloud_init.document import Mark, compose, mark_of, plain
from gough.domain.errors import Invalid, Problem

METADATA = "template.yaml"
START = Mark(1, 1, METADATA)
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_EXPECTED_NAME = "expected small letters, digits and inner hyphens"
_SERIES = re.compile(r"([a-z]+/)?[a-z0-9][a-z0-9.-]*")
_TEXTS = {
    "name": (NAME, _EXPECTED_NAME),
    "series": (_SERIES, "expected a release as MAAS names it: noble, or ubuntu/noble"),
    "description": (re.compile(r"[^\0]*"), "expected text"),
}
_NAME_LISTS = ("extends", "parts")


@dataclass(slots=True)
class Metadata:
    """`extends` and `parts` are names with their places; `variables` is read once it is known what is inherited."""

    texts: dict[str, str] = field(default_factory=dict)
    extends: dict[str, Mark] = field(default_factory=dict)
    parts: dict[str, Mark] = field(default_factory=dict)
    variables: yaml.Node | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.texts.get("name", "")


def read_metadata(text: str) -> Metadata:
    """Never raises: what is wrong is among the problems, with its line and column."""
    made = Metadata()
    try:
        root = compose(text, METADATA)
    except Invalid as error:
        made.problems += error.problems
        return made
    for key, node in root.value:
        made.problems += _read(made, key, node)
    if "name" not in {key.value for key, _ in root.value}:
        made.problems.append(Problem(str(START), "name: is missing"))
    return made


def _read(made: Metadata, key: yaml.ScalarNode, node: yaml.Node) -> Iterator[Problem]:
    if key.value == "variables":
        made.variables = node
    elif key.value in _NAME_LISTS:
        yield from _names(getattr(made, key.value), key.value, node)
    elif key.value in _TEXTS:
        value, (form, expected) = plain(node), _TEXTS[key.value]
        if isinstance(value, str) and form.fullmatch(value):
            made.texts[key.value] = value.strip()
        else:
            yield Problem(str(mark_of(node)), f"{key.value}: {expected}")
    else:
        yield Problem(str(mark_of(key)), f"{key.value}: there is no such key")


def _names(names: dict[str, Mark], key: str, node: yaml.Node) -> Iterator[Problem]:
    if not isinstance(node, yaml.SequenceNode):
        yield Problem(str(mark_of(node)), f"{key}: expected a list of names")
        return
    for item in node.value:
        name, mark = plain(item), mark_of(item)
        if not isinstance(name, str) or not NAME.fullmatch(name):
            yield Problem(str(mark), f"{key}: {_EXPECTED_NAME}")
        elif name in names:
            yield Problem(str(mark), f"{key}: {name} stands here twice")
        else:
            names[name] = mark
