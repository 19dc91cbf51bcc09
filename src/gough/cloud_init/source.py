"""A template in Gough's hands: read, composed of its own parts and those it inherits."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import yaml

from gough.cloud_init.composition import merged
from gough.cloud_init.definitions import read_variables
from gough.cloud_init.document import compose
from gough.cloud_init.inheritance import BODY, Part, file_of, inherited_variables, own_parts, parents_of, with_inherited
from gough.cloud_init.metadata import read_metadata
from gough.domain.errors import Invalid, NotFound
from gough.domain.variables import Variable


@dataclass(frozen=True, slots=True)
class Texts:
    """What somebody wrote: the files of a template's folder. `body` is None where there is no user-data.yaml."""

    metadata: str
    body: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    tests: str = ""


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template that can be parsed; whether it can be deployed is for `check` to say.

    `variables` and `parts` are all there are, inherited ones first; `parents` are what it extends. `checksum` is the
    sha256 of what matters: two sources with the same one render the same.
    """

    name: str
    description: str
    series: str
    variables: tuple[Variable, ...]
    parts: tuple[Part, ...]
    parents: tuple["TemplateSource", ...]
    checksum: str
    texts: Texts = field(repr=False, compare=False)

    @property
    def body(self) -> str:
        """What the template itself adds as user-data.yaml."""
        return self.texts.body or ""

    @property
    def document(self) -> yaml.MappingNode:
        """All parts as one tree. A place in it names the file, unless that is this template's own user-data.yaml."""
        return _document(self.name, self.parts, self.parents)

    @property
    def ancestors(self) -> tuple["TemplateSource", ...]:
        """Everything it was composed from, each once, behind what it extends itself."""
        found = {source.name: source for parent in self.parents for source in (*parent.ancestors, parent)}
        return tuple(found.values())


Known = Callable[[str], TemplateSource]
"""Finds what a template extends. Raises NotFound or Invalid."""


def nothing_known(name: str) -> TemplateSource:
    raise NotFound(f"There is no template {name}.")


def parse(
    metadata: str, body: str | None = None, *, parts: Mapping[str, str] | None = None, tests: str = "",
    known: Known = nothing_known,
) -> TemplateSource:  # fmt: skip
    """A template from its texts. Raises Invalid with everything that is wrong.

    `line 3, column 7` is a place in user-data.yaml; others begin with their file: `template.yaml, line 3, column 7`,
    `parts/ssh.yaml, …`, `base-server/parts/ssh.yaml, …`.
    """
    return parse_texts(Texts(metadata, body, parts or {}, tests), known)


def parse_texts(texts: Texts, known: Known = nothing_known) -> TemplateSource:
    """As `parse`."""
    meta = read_metadata(texts.metadata)
    parents, problems = parents_of(meta, known)
    inherited, clashes = inherited_variables(meta, parents)
    variables, wrong = read_variables(meta.variables, inherited) if meta.variables else (inherited, [])
    own, faults = own_parts(meta, texts.body, texts.parts)
    effective, conflicts = with_inherited(meta, own, parents)
    problems = [*meta.problems, *problems, *clashes, *wrong, *faults, *conflicts]
    if not problems:
        try:
            _document(meta.name, effective, parents)
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid("The template cannot be read.", problems=problems)
    description, series = meta.texts.get("description", ""), meta.texts.get("series") or _series(parents)
    canonical = [
        meta.name, description, series, [asdict(variable) for variable in variables],
        [asdict(part) for part in effective], [(parent.name, parent.checksum) for parent in parents],
    ]  # fmt: skip
    checksum = hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()
    return TemplateSource(meta.name, description, series, variables, effective, tuple(parents), checksum, texts)


def _series(parents: Sequence[TemplateSource]) -> str:
    return parents[0].series if parents else "noble"


def _document(name: str, parts: Sequence[Part], parents: Sequence[TemplateSource]) -> yaml.MappingNode:
    """Raises Invalid. Only a template that extends what set a value may set it anew."""
    owners = {file_of(part, name): part.owner for part in parts}
    above = {source.name: {a.name for a in source.ancestors} for p in parents for source in (*p.ancestors, p)}
    above[name] = set(above)
    trees = [compose(part.text, file_of(part, name)) for part in parts]
    if not trees:
        return compose("{}\n", BODY)
    return merged(trees, lambda old, new: owners[old] in above[owners[new]])
