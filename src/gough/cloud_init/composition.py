"""One cloud-config from several parts: mappings merge, lists are joined in the order of the parts, and a single value
is set once, unless who sets it again may replace it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import yaml

from gough.cloud_init.document import mark_of
from gough.domain.errors import Invalid, Problem

MayReplace = Callable[[str, str], bool]
"""(the file that set a value, the file that sets it anew)"""
_KINDS = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}


def merged(parts: Sequence[yaml.MappingNode], may_replace: MayReplace) -> yaml.MappingNode:
    """A new tree, whose nodes keep their places. Raises Invalid with every conflict, where the later value stands."""
    merging = _Merging(may_replace)
    result = parts[0]
    for part in parts[1:]:
        result = merging.mappings(result, part, "")
    if merging.problems:
        raise Invalid("The parts contradict each other.", problems=merging.problems)
    return result


@dataclass
class _Merging:
    may_replace: MayReplace
    problems: list[Problem] = field(default_factory=list)

    def mappings(self, first: yaml.MappingNode, second: yaml.MappingNode, path: str) -> yaml.MappingNode:
        found = {key.value: (key, value) for key, value in first.value}
        for key, value in second.value:
            inner = f"{path}{'.' if path else ''}{key.value}"
            known = found.get(key.value)
            found[key.value] = (known[0], self.nodes(known[1], value, inner)) if known else (key, value)
        return yaml.MappingNode(first.tag, list(found.values()), first.start_mark, second.end_mark)

    def nodes(self, first: yaml.Node, second: yaml.Node, path: str) -> yaml.Node:
        match first, second:
            case yaml.MappingNode(), yaml.MappingNode():
                return self.mappings(first, second, path)
            case yaml.SequenceNode(), yaml.SequenceNode():
                return yaml.SequenceNode(
                    first.tag, [*first.value, *second.value], first.start_mark, second.end_mark
                )  # fmt: skip
            case yaml.ScalarNode(), yaml.ScalarNode():
                if (first.tag, first.value) == (second.tag, second.value):
                    return first
                if self.may_replace(first.start_mark.name, second.start_mark.name):
                    return second
                said = f"is set otherwise at {_where(first)}: set it in one part, or again in what extends both"
            case _:
                kinds = _KINDS[type(second)], _KINDS[type(first)]
                said = f"is {kinds[0]} here and {kinds[1]} at {_where(first)}"
        self.problems.append(Problem(str(mark_of(second)), f"{path} {said}"))
        return first


def _where(node: yaml.Node) -> str:
    mark = mark_of(node)
    return str(mark) if mark.file else f"user-data.yaml, {mark}"
