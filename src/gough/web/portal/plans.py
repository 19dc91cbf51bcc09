"""A deployment's form, for one machine or for many: a template's variables, and what MAAS itself can be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gough.cloud_init import TemplateSource
from gough.domain.deploy_options import STORAGE_LAYOUTS, DeployOptions, InterfaceLink, check_options, parse_link
from gough.domain.errors import GoughError, Invalid, Problem
from gough.domain.variables import Variable, VariableType, check_values
from gough.services.lifecycle import Plan
from gough.web.portal.forms import Complaint, complaint

VARIABLE, OPTION = "v.", "o."
WRONG = "The deployment cannot be asked for like this."


@dataclass(frozen=True, slots=True)
class Option:
    """How one of MAAS's own choices is asked for."""

    name: str
    label: str
    help: str
    form: str = "text"
    choices: tuple[str, ...] = ()
    known: bool = False  # whether what other machines have is offered


OPTIONS = (
    Option(
        "series", "Release", "Instead of the template's: jammy, or ubuntu/jammy. MAAS must have its image.", known=True
    ),
    Option("kernel", "Kernel", "One that MAAS has for the release: ga-24.04, hwe-24.04.", known=True),
    Option(
        "storage_layout", "Storage layout", "How MAAS lays the disks out; blank leaves them untouched.", "choice",
        tuple(sorted(STORAGE_LAYOUTS)),
    ),
    Option(
        "links", "Interface links",
        "One a line: interface=subnet, then the mode (auto, dhcp, static, link_up) and for static the address. "
        "eth0=10.0.0.0/24, or eth0=dmz,static,10.0.0.7. Interfaces by name or MAC address.", "lines",
    ),
    Option("tags", "Tags", "Added in MAAS, with spaces between them; none is taken away."),
    Option("pool", "Resource pool", "It is moved there.", known=True),
    Option("zone", "Zone", "It is moved there.", known=True),
    Option("lock", "Lock it in MAAS once it is in service", "A locked machine cannot be released by mistake.", "check"),
)  # fmt: skip
OFFERED = tuple(option.name for option in OPTIONS if option.known)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, right or wrong, by the names of variables and options."""

    variables: Mapping[str, str]
    options: Mapping[str, str]


NOTHING = Typed({}, {})


def typed(form: Mapping[str, str]) -> Typed:
    def under(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): text for name, text in form.items() if name.startswith(prefix)}

    return Typed(under(VARIABLE), under(OPTION))


def plan_of(label: str, source: TemplateSource, given: Typed) -> Plan:
    """Raises Invalid with everything that is wrong with it, variables and options at once."""
    values = {name: text for name, text in given.variables.items() if text.strip()}
    _, problems = check_values(source.variables, values)
    options, faults = _options(given.options)
    if problems or faults:
        raise Invalid(WRONG, problems=[*problems, *faults])
    return Plan(label, values, given.options.get("series", "").strip(), options)


def complaint_of(error: GoughError | None, source: TemplateSource, more: Mapping[str, str]) -> Complaint:
    """`more` are the page's other fields, by pointer."""
    variables = {f"/variables/{v.name}": VARIABLE + v.name for v in source.variables}
    options = {f"/{option.name}": OPTION + option.name for option in OPTIONS}
    return complaint(error, {**variables, **options, **more})


def variable_fields(
    variables: Sequence[Variable], given: Typed, faults: Mapping[str, str]
) -> list[dict[str, Any]]:  # fmt: skip
    return [_variable(variable, given.variables, faults) for variable in variables]


def option_fields(given: Typed, faults: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": OPTION + option.name, "label": option.label, "type": option.form, "description": option.help,
            "value": given.options.get(option.name, ""), "choices": option.choices,
            "fault": faults.get(OPTION + option.name, ""), "list": f"known-{option.name}" if option.known else "",
        }
        for option in OPTIONS
    ]  # fmt: skip


def _options(given: Mapping[str, str]) -> tuple[DeployOptions, list[Problem]]:
    """The options, and everything that is wrong with them, at the fields they were typed in."""
    text = {name: value.strip() for name, value in given.items()}
    links, problems = _links(text.get("links", ""))
    options = DeployOptions(
        kernel=text.get("kernel", ""), storage_layout=text.get("storage_layout", ""), links=tuple(links.values()),
        tags=words_in(text.get("tags", "")), pool=text.get("pool", ""), zone=text.get("zone", ""),
        lock=text.get("lock") == "yes",
    )  # fmt: skip
    try:
        check_options(options)
    except Invalid as error:
        problems += [_in_its_field(problem, list(links), options.tags) for problem in error.problems]
    return options, problems


def _links(text: str) -> tuple[dict[int, InterfaceLink], list[Problem]]:
    """{line: its link}, lines counted from 1; and the lines that are none."""
    links: dict[int, InterfaceLink] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            if line.strip():
                links[number] = parse_link(line.strip())
        except Invalid as error:
            problems.append(Problem("/links", f"line {number}: {error} {error.hint}"))
    return links, problems


def _in_its_field(problem: Problem, lines: Sequence[int], tags: Sequence[str]) -> Problem:
    """`/links/0/mode` is told at `/links` with its line, `/tags/0` at `/tags` with its tag."""
    match problem.pointer.split("/"):
        case ["", "links", number, part]:
            return Problem("/links", f"line {lines[int(number)]}: {part.replace('_', ' ')} {problem.message}")
        case ["", "tags", number]:
            return Problem("/tags", f"'{tags[int(number)]}': {problem.message}")
    return problem


def words_in(text: str) -> tuple[str, ...]:
    """As people write lists in one line: with spaces, commas or both between the words, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _variable(variable: Variable, given: Mapping[str, str], faults: Mapping[str, str]) -> dict[str, Any]:
    """How a variable is asked for. What was typed is shown again, right or wrong."""
    shown = given[variable.name] if variable.name in given else _text(variable.default)
    name = VARIABLE + variable.name
    return {
        "name": name, "label": _label(variable.name), "type": variable.type.value,
        "description": variable.description, "value": shown, "required": variable.required,
        "choices": variable.choices, "minimum": variable.minimum, "maximum": variable.maximum,
        "fault": faults.get(name, ""), "several": variable.type in (VariableType.LIST, VariableType.SSH_KEY),
        "needed_when": " and ".join(f"{_label(n)} is {_said(value)}" for n, value in variable.required_when),
    }  # fmt: skip


def _label(name: str) -> str:
    return name.replace("_", " ")


def _said(value: object) -> str:
    """As the form's own choices are called."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "\n".join(str(item) for item in value) if isinstance(value, tuple) else str(value)
