"""`tests.yaml`: values with which a template has to be accepted, and values with which it has to be refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gough.cloud_init.check import check
from gough.cloud_init.document import Mark, compose, mark_of, plain
from gough.cloud_init.findings import Severity
from gough.cloud_init.metadata import NAME
from gough.cloud_init.source import TemplateSource
from gough.domain.errors import Invalid, Problem
from gough.domain.variables import check_values

TESTS = "tests.yaml"


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(pattern=f"^{NAME.pattern}$")
    variables: dict[str, Any] = Field(default_factory=dict)


class _Refused(_Written):
    at: list[str] = Field(min_length=1)


_FORMS: Mapping[str, type[_Written]] = {"accepted": _Written, "refused": _Refused}


@dataclass(frozen=True, slots=True)
class Case:
    """`refused_at`: the places that have to be complained about; none where the values have to be accepted."""

    name: str
    variables: dict[str, Any]
    refused_at: tuple[str, ...]
    mark: Mark


def read_cases(text: str) -> tuple[Case, ...]:
    """Raises Invalid for what is not understood."""
    if not text:
        return ()
    cases: list[Case] = []
    problems: list[Problem] = []
    for key, node in compose(text, TESTS).value:
        form = _FORMS.get(key.value)
        if form is None or not isinstance(node, yaml.SequenceNode):
            problems.append(Problem(str(mark_of(key)), "expected two lists of cases: accepted and refused"))
            continue
        for item in node.value:
            try:
                written = form.model_validate(plain(item))
            except ValidationError as error:
                problems += [
                    Problem(str(mark_of(item)), f"{'.'.join(map(str, each['loc']))}: {each['msg']}")
                    for each in error.errors()
                ]
                continue
            refused_at = tuple(written.at) if isinstance(written, _Refused) else ()
            cases.append(Case(written.name, written.variables, refused_at, mark_of(item)))
    if problems:
        raise Invalid("The template's tests cannot be read.", problems=problems)
    return tuple(cases)


def failures(source: TemplateSource) -> tuple[Problem, ...]:
    """The cases of the template's own tests that do not come out as they should. Raises Invalid."""
    return tuple(problem for case in read_cases(source.texts.tests) for problem in _failures(source, case))


def _failures(source: TemplateSource, case: Case) -> Iterator[Problem]:
    complaints = list(_complaints(source, case))
    if not case.refused_at:
        for complaint in complaints:
            yield Problem(str(case.mark), f"{case.name}: {complaint.pointer}: {complaint.message}")
        return
    found = {complaint.pointer for complaint in complaints}
    if found != set(case.refused_at):
        wanted, got = ", ".join(sorted(case.refused_at)), ", ".join(sorted(found)) or "nothing"
        yield Problem(str(case.mark), f"{case.name}: expected complaints at {wanted}, but there are some at {got}")


def _complaints(source: TemplateSource, case: Case) -> Iterator[Problem]:
    values, problems = check_values(source.variables, case.variables)
    if problems:
        yield from problems
        return
    yield from (finding.problem for finding in check(source, values) if finding.severity is Severity.ERROR)
