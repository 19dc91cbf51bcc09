"""Templates as they are kept: a folder with `template.yaml`, `user-data.yaml`, `parts/*.yaml` and `tests.yaml`."""

from dataclasses import dataclass, field
from pathlib import Path

from gough.cloud_init.cases import TESTS
from gough.cloud_init.inheritance import BODY, PARTS
from gough.cloud_init.metadata import METADATA, NAME, START
from gough.cloud_init.source import Known, TemplateSource, Texts, nothing_known, parse_texts
from gough.domain.errors import Invalid, NotFound, Problem


@dataclass
class Library:
    """The templates below a folder, each read once. What is not there is looked for with `others`."""

    folder: Path
    others: Known = nothing_known
    _read: dict[str, TemplateSource] = field(default_factory=dict)
    _reading: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        return sorted(metadata.parent.name for metadata in self.folder.glob(f"*/{METADATA}"))

    def find(self, name: str) -> TemplateSource:
        """Raises NotFound or Invalid."""
        if name in self._reading:
            circle = " → ".join([*self._reading[self._reading.index(name) :], name])
            raise Invalid(f"The templates extend each other in a circle: {circle}.")
        if name not in self._read and not (NAME.fullmatch(name) and (self.folder / name / METADATA).is_file()):
            return self.others(name)
        if name not in self._read:
            self._reading.append(name)
            try:
                self._read[name] = self.read(self.folder / name)
            finally:
                self._reading.pop()
        return self._read[name]

    def read(self, folder: Path) -> TemplateSource:
        """The template in this folder, which bears its name. Raises NotFound or Invalid."""
        source = parse_texts(texts_of(folder), self.find)
        if source.name != folder.name:
            problem = Problem(str(START), f"the name is {source.name}, but the folder is {folder.name}")
            raise Invalid(f"The template {folder.name} cannot be read.", problems=[problem])
        return source


def read(folder: Path, others: Known = nothing_known) -> TemplateSource:
    """The template in this folder; what it extends lies beside it, or is one of `others`."""
    folder = folder.resolve()
    if not (folder / METADATA).is_file():
        raise NotFound(f"There is no template {folder.name}: {METADATA} is missing.")
    return Library(folder.parent, others).find(folder.name)


def discover(folder: Path, others: Known = nothing_known) -> list[TemplateSource]:
    """Every template below the folder, behind what it extends. One Invalid tells of all that cannot be read."""
    library, problems = Library(folder, others), []
    found: dict[str, TemplateSource] = {}
    for name in library.names():
        try:
            source = library.find(name)
        except (Invalid, NotFound) as error:
            faults = error.problems or [Problem("", str(error))]
            problems += [Problem(f"{name}: {each.pointer}", each.message) for each in faults]
            continue
        beside = [ancestor for ancestor in source.ancestors if ancestor.name in library.names()]
        found |= {each.name: each for each in (*beside, source) if each.name not in found}
    if problems:
        raise Invalid("Some templates of the library cannot be read.", problems=problems)
    return list(found.values())


def texts_of(folder: Path) -> Texts:
    """The folder's files. Raises NotFound or Invalid."""
    parts = {path.stem: _text(path) for path in sorted((folder / PARTS).glob("*.yaml"))}
    body = folder / BODY
    tests = folder / TESTS
    return Texts(
        _text(folder / METADATA),
        _text(body) if body.is_file() else None,
        parts,
        _text(tests) if tests.is_file() else "",
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound(f"There is no template {path.parent.name}: {path.name} is missing.") from error
    except UnicodeDecodeError as error:
        problem = Problem(f"{path.name}, byte {error.start}", "not UTF-8 text")
        raise Invalid(f"The template {path.parent.name} cannot be read.", problems=[problem]) from error
