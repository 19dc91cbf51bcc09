"""YAML with a memory: the data of a document, and where in the text each piece of it stands.

The dialect is cloud-init's (YAML 1.1 safe types), less what only causes surprises: dates stay text, and keys that
repeat, keys that are not text, and tags are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import yaml
from yaml.reader import ReaderError

from gough.domain.errors import Invalid, Problem

TEXT_LIMIT = 256 * 1024
NODES_LIMIT = 20_000  # aliases can make a small text endless
DEPTH_LIMIT = 40
_PREFIX = "tag:yaml.org,2002:"
_PLAIN = {_PREFIX + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq")}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text; both count from 1. `file` is empty for the text that is being talked about anyway."""

    line: int
    column: int
    file: str = ""

    def __str__(self) -> str:
        return f"{self.file}{', ' if self.file else ''}line {self.line}, column {self.column}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Back from its text. Raises ValueError for what is no place."""
        found = _PLACE.fullmatch(text)
        if found is None:
            raise ValueError(f"not a place: {text}")
        return cls(int(found[2]), int(found[3]), found[1] or "")


_PLACE = re.compile(r"(?:(.+), )?line (\d+), column (\d+)")
START = Mark(1, 1)


def mark_of(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1, node.start_mark.name)


class _Loader(yaml.SafeLoader):
    """SafeLoader without timestamps: cloud-init's schema wants dates as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _PREFIX + "timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@lru_cache(maxsize=128)
def compose(text: str, file: str = "") -> yaml.MappingNode:
    """The document's node tree, checked; nobody changes it. Raises Invalid, which names line and column in `file`."""
    start = Mark(1, 1, file)
    if len(text) > TEXT_LIMIT:
        raise _invalid([Problem(str(start), f"the document is longer than {TEXT_LIMIT} characters")])
    try:
        loader = _Loader(text)
        loader.name = file
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(at.line + 1, at.column + 1, file) if at else start
        raise _invalid([Problem(str(mark), _explained(error))]) from error
    except ReaderError as error:
        before = text[: error.position].split("\n")
        mark = Mark(len(before), len(before[-1]) + 1, file)
        raise _invalid([Problem(str(mark), f"not YAML: {error.reason}")]) from error
    except RecursionError:
        raise _invalid([Problem(str(start), "nested too deeply")]) from None
    if not isinstance(root, yaml.MappingNode):
        raise _invalid([Problem(str(mark_of(root) if root else start), "expected a mapping of keys at the top")])
    problems = list(_problems(root))
    if problems:
        raise _invalid(problems)
    return root


def scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    value = _Loader("").construct_object(node)
    assert value is None or isinstance(value, (str, int, float, bool))
    return value


def plain(node: yaml.Node) -> object:
    """The node's data as dicts, lists and scalars."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    assert isinstance(node, yaml.ScalarNode)
    return scalar(node)


def _invalid(problems: list[Problem]) -> Invalid:
    return Invalid("The document is not usable YAML.", problems=problems)


def _explained(error: yaml.MarkedYAMLError) -> str:
    words = " ".join(part for part in (error.context, error.problem) if part)
    if "character '%'" in words:
        words += " (Jinja blocks may stand only inside a text, not around YAML)"
    return f"not YAML: {words}"


def _problems(root: yaml.MappingNode) -> Iterator[Problem]:
    """Walks in document order. Stops at the size limits, which also ends a document that contains itself."""
    seen = 0
    todo: list[tuple[yaml.Node, int]] = [(root, 0)]
    while todo:
        node, depth = todo.pop()
        seen += 1
        if seen > NODES_LIMIT or depth > DEPTH_LIMIT:
            yield Problem(str(mark_of(node)), "the document is too large, too deep or contains itself")
            return
        if node.tag not in _PLAIN:
            yield Problem(str(mark_of(node)), f"the tag {node.tag.replace(_PREFIX, '!!')} is not used here")
        elif isinstance(node, yaml.MappingNode):
            yield from _key_problems(node)
            todo += [(value, depth + 1) for _, value in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            todo += [(item, depth + 1) for item in reversed(node.value)]


def _key_problems(node: yaml.MappingNode) -> Iterator[Problem]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            yield Problem(str(mark_of(key)), 'a key must be text; an expression as a value needs quotes: "{{ … }}"')
        elif key.tag == _PREFIX + "merge":
            yield Problem(str(mark_of(key)), "merge keys (<<) are not used here: write the keys out")
        elif key.value in seen:
            yield Problem(str(mark_of(key)), f"the key {key.value} stands here twice")
        else:
            seen.add(key.value)
