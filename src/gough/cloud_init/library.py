"""Templates as they are kept: a folder with `template.yaml` (what it is and asks) and `user-data.yaml` (the body)."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from gough.cloud_init.definitions import read_variables
from gough.cloud_init.document import START, compose, mark_of, plain
from gough.domain.errors import Invalid, NotFound, Problem
from gough.domain.variables import Variable

METADATA = "template.yaml"
BODY = "user-data.yaml"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SERIES = re.compile(r"([a-z]+/)?[a-z0-9][a-z0-9.-]*")
_FORMS = {
    "name": (_NAME, "expected small letters, digits and inner hyphens"),
    "series": (_SERIES, "expected a release as MAAS names it: noble, or ubuntu/noble"),
    "description": (re.compile(r"[^\0]*"), "expected text"),
}


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template that can be parsed; whether it can be deployed is for `check` to say.

    `checksum` is the sha256 of what matters: two sources with the same one render the same.
    """

    name: str
    description: str
    series: str
    variables: tuple[Variable, ...]
    body: str
    checksum: str


def parse(metadata_text: str, body_text: str) -> TemplateSource:
    """A template from its two texts.

    Raises Invalid with everything that is wrong: `line 3, column 7` is a place in the body,
    `template.yaml, line 3, column 7` one in the metadata.
    """
    body = body_text.replace("\r\n", "\n")
    fields, variables, problems = _metadata(metadata_text)
    problems += _body_problems(body)
    if problems:
        raise Invalid("The template cannot be read.", problems=problems)
    name, description, series = fields["name"], fields.get("description", ""), fields.get("series", "noble")
    canonical = [name, description, series, [asdict(variable) for variable in variables], body]
    checksum = hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()
    return TemplateSource(name, description, series, variables, body, checksum)


def read(folder: Path) -> TemplateSource:
    """The template in this folder, which bears its name. Raises NotFound or Invalid."""
    try:
        texts = [(folder / name).read_text(encoding="utf-8") for name in (METADATA, BODY)]
    except FileNotFoundError as error:
        raise NotFound(f"There is no template {folder.name}: {Path(str(error.filename)).name} is missing.") from error
    except UnicodeDecodeError as error:
        problem = Problem(f"byte {error.start}", "not UTF-8 text")
        raise Invalid(f"The template {folder.name} cannot be read.", problems=[problem]) from error
    source = parse(*texts)
    if source.name != folder.name:
        problem = Problem(f"{METADATA}, {START}", f"the name is {source.name}, but the folder is {folder.name}")
        raise Invalid(f"The template {folder.name} cannot be read.", problems=[problem])
    return source


def discover(folder: Path) -> list[TemplateSource]:
    """Every template below the folder, by name. One Invalid tells of all that cannot be read."""
    sources, problems = [], []
    for metadata in sorted(folder.glob(f"*/{METADATA}")):
        try:
            sources.append(read(metadata.parent))
        except (Invalid, NotFound) as error:
            found = error.problems or [Problem("", str(error))]
            problems += [Problem(f"{metadata.parent.name}: {each.pointer}", each.message) for each in found]
    if problems:
        raise Invalid("Some templates of the library cannot be read.", problems=problems)
    return sources


def _metadata(text: str) -> tuple[dict[str, str], tuple[Variable, ...], list[Problem]]:
    fields: dict[str, str] = {}
    variables: tuple[Variable, ...] = ()
    problems: list[Problem] = []
    try:
        root = compose(text)
    except Invalid as error:
        return fields, variables, [_in_metadata(problem) for problem in error.problems]
    for key, node in root.value:
        if key.value == "variables":
            variables, problems_here = read_variables(node)
            problems += problems_here
        elif key.value not in _FORMS:
            problems.append(Problem(str(mark_of(key)), f"{key.value}: there is no such key"))
        else:
            problems += _field(fields, key.value, node)
    if "name" not in {key.value for key, _ in root.value}:
        problems.append(Problem(str(START), "name: is missing"))
    return fields, variables, [_in_metadata(problem) for problem in problems]


def _field(fields: dict[str, str], key: str, node: yaml.Node) -> list[Problem]:
    value = plain(node)
    form, expected = _FORMS[key]
    if not isinstance(value, str) or not form.fullmatch(value):
        return [Problem(str(mark_of(node)), f"{key}: {expected}")]
    fields[key] = value.strip()
    return []


def _in_metadata(problem: Problem) -> Problem:
    return Problem(f"{METADATA}, {problem.pointer}", problem.message)


def _body_problems(body: str) -> tuple[Problem, ...]:
    try:
        compose(body)
    except Invalid as error:
        return error.problems
    return ()
