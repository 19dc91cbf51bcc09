"""What a template gets from those it extends, and how its own parts and variables join it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gough.cloud_init.document import compose, plain
from gough.cloud_init.metadata import METADATA, START, Metadata
from gough.domain.errors import GoughError, Invalid, Problem
from gough.domain.variables import Variable

if TYPE_CHECKING:
    from gough.cloud_init.source import TemplateSource

BODY = "user-data.yaml"
PARTS = "parts"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of cloud-config that template `owner` wrote. Its user-data.yaml is the part that bears its own name."""

    owner: str
    name: str
    file: str
    text: str


def file_of(part: Part, reader: str) -> str:
    """How template `reader` names the part's file; empty for its own user-data.yaml."""
    if part.owner != reader:
        return f"{part.owner}/{part.file}"
    return "" if part.file == BODY else part.file


def parents_of(
    meta: Metadata, known: "Callable[[str], TemplateSource]"
) -> "tuple[list[TemplateSource], list[Problem]]":
    parents: list[TemplateSource] = []
    problems: list[Problem] = []
    for name, mark in meta.extends.items():
        try:
            parent = known(name)
            if meta.name in {parent.name, *(ancestor.name for ancestor in parent.ancestors)}:
                raise Invalid(f"{name} itself extends {meta.name}: that is a circle.")
        except GoughError as error:
            words = "; ".join([str(error), *(f"{each.pointer}: {each.message}" for each in error.problems)])
            problems.append(Problem(str(mark), f"extends: {words}"))
        else:
            parents.append(parent)
    return parents, problems


def inherited_variables(
    meta: Metadata, parents: "Sequence[TemplateSource]"
) -> tuple[tuple[Variable, ...], list[Problem]]:
    """Those of every parent, in order. Two that differ are a problem, unless the template has its own."""
    own = _own_names(meta)
    found: dict[str, Variable] = {}
    problems: list[Problem] = []
    for parent in parents:
        for variable in parent.variables:
            first = found.setdefault(variable.name, variable)
            if first != variable and variable.name not in own:
                said = f"its variable {variable.name} is another than that of what stands before it: define it here"
                problems.append(Problem(str(meta.extends[parent.name]), f"extends: {said}"))
    return tuple(found.values()), problems


def own_parts(meta: Metadata, body: str | None, texts: Mapping[str, str]) -> tuple[list[Part], list[Problem]]:
    """The template's parts in their order, user-data.yaml last; what is wrong with each by itself."""
    files = {name: f"{PARTS}/{name}.yaml" for name in meta.parts}
    problems = [
        Problem(str(mark), f"parts: there is no file {files[name]}")
        for name, mark in meta.parts.items() if name not in texts
    ] + [
        Problem(f"{PARTS}/{name}.yaml, line 1, column 1", f"{name} is not among the parts in {METADATA}")
        for name in texts if name not in meta.parts
    ]  # fmt: skip
    parts = [Part(meta.name, name, files[name], _lines(texts[name])) for name in files if name in texts]
    if body is not None:
        if meta.name in files:
            problems.append(Problem(str(meta.parts[meta.name]), f"parts: {meta.name} is the name of {BODY} already"))
        parts.append(Part(meta.name, meta.name, BODY, _lines(body)))
    elif not parts and not meta.extends:
        problems.append(Problem(str(START), f"there is neither {BODY} nor a part"))
    for part in parts:
        try:
            compose(part.text, file_of(part, meta.name))
        except Invalid as error:
            problems += error.problems
    return parts, problems


def with_inherited(
    meta: Metadata, own: Sequence[Part], parents: "Sequence[TemplateSource]"
) -> tuple[tuple[Part, ...], list[Problem]]:
    """Inherited parts, then own ones; an own one takes the place of the inherited one that bears its name."""
    replacing = {part.name: part for part in own}
    found: dict[str, Part] = {}
    problems: list[Problem] = []
    for parent in parents:
        for part in parent.parts:
            first = found.setdefault(part.name, part)
            if first != part and part.name not in replacing:
                said = f"its part {part.name} is another than that of {first.owner}: write a part {part.name} here"
                problems.append(Problem(str(meta.extends[parent.name]), f"extends: {said}"))
    return tuple((found | replacing).values()), problems


def _own_names(meta: Metadata) -> set[object]:
    written = plain(meta.variables) if meta.variables else []
    return {item.get("name") for item in written if isinstance(item, dict)} if isinstance(written, list) else set()


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
