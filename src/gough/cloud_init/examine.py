"""Everything that can be said about a template before anybody deploys it."""

from collections.abc import Iterator, Mapping

from gough.cloud_init.cases import failures, read_cases
from gough.cloud_init.check import check
from gough.cloud_init.document import Mark
from gough.cloud_init.findings import Finding, error
from gough.cloud_init.machine import EXAMPLE_MACHINE
from gough.cloud_init.render import render
from gough.cloud_init.samples import sample_values
from gough.cloud_init.shell_checks import shell_findings
from gough.cloud_init.source import TemplateSource
from gough.domain.errors import Invalid, Problem
from gough.domain.variables import Value, check_values, secret_names


def examine(source: TemplateSource) -> tuple[Finding, ...]:
    """Findings with the values of the template's own tests, each once; with samples where it has none."""
    try:
        found = [error(Mark.read(problem.pointer), problem.message) for problem in failures(source)]
        found += [finding for values, is_case in _tried(source) for finding in _examined(source, values, is_case)]
    except Invalid as invalid:
        found = [error(Mark.read(problem.pointer), problem.message) for problem in invalid.problems]
    return tuple(dict.fromkeys(sorted(found, key=lambda f: (f.file, f.line, f.column, f.severity, f.message))))


def problems_of(source: TemplateSource) -> tuple[Problem, ...]:
    """The errors among them: with any of these nobody could deploy it."""
    return tuple(finding.problem for finding in examine(source) if finding.severity == "error")


def _tried(source: TemplateSource) -> Iterator[tuple[Mapping[str, Value], bool]]:
    """Values, and whether they are those of a case, whose failure tells of errors already."""
    accepted = [case.variables for case in read_cases(source.texts.tests) if not case.refused_at]
    for given in accepted:
        values, problems = check_values(source.variables, given)
        if not problems:
            yield values, True
    if not accepted:
        yield sample_values(source.variables), False


def _examined(source: TemplateSource, values: Mapping[str, Value], is_case: bool) -> Iterator[Finding]:
    found = check(source, values)
    errors = [finding for finding in found if finding.severity == "error"]
    yield from (finding for finding in found if not (is_case and finding in errors))
    if errors:
        return
    yield from shell_findings(
        render(source.document, values, EXAMPLE_MACHINE, secrets=secret_names(source.variables))
    )  # fmt: skip
