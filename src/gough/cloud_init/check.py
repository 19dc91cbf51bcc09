"""Everything Gough has to say about a template before MAAS is told anything."""

from collections.abc import Iterator, Mapping

from gough.cloud_init.compile import compile_user_data
from gough.cloud_init.delivery import Delivery
from gough.cloud_init.document import START, Mark
from gough.cloud_init.findings import Finding, Severity, error, warning
from gough.cloud_init.inheritance import file_of
from gough.cloud_init.leaks import leaks
from gough.cloud_init.machine import EXAMPLE_MACHINE, MachineContext
from gough.cloud_init.redact import mask, masker
from gough.cloud_init.render import Rendered, render
from gough.cloud_init.rules import header_findings, key_findings, nearest, written_twice
from gough.cloud_init.schema import faults, unknown_keys
from gough.cloud_init.source import TemplateSource
from gough.domain.errors import Invalid, Problem
from gough.domain.variables import Value, secret_names

# MAAS keeps user-data in a column without a limit of its own, but it arrives as base64 in a form, and Django takes
# forms of 2.5 MiB by default (DATA_UPLOAD_MAX_MEMORY_SIZE). 1 MiB is 1.4 MiB there, and far more than a
# configuration needs: what is larger belongs in a package.
SIZE_LIMIT = 1024 * 1024

_EXAMPLE_DELIVERY = Delivery(
    public_url="https://gough.example",
    report_token="r" * 43,
    enrolment_token="e" * 43,
    server_id="example",
    agent_checksums={"gough-agent-linux-x86_64.tar.gz": "0" * 64},
)


def check(
    source: TemplateSource, values: Mapping[str, Value], machine: MachineContext = EXAMPLE_MACHINE
) -> tuple[Finding, ...]:
    """Findings in the order of the body. `values` are checked ones, or `sample_values` where there are none yet."""
    try:
        rendered = render(source.document, values, machine, secrets=secret_names(source.variables))
    except Invalid as invalid:
        findings = [error(Mark.read(problem.pointer), problem.message) for problem in invalid.problems]
    else:
        findings = list(rendered_findings(source, values, rendered))
    heads = [finding for part in source.parts for finding in header_findings(part.text, file_of(part, source.name))]
    return tuple(sorted([*heads, *findings], key=lambda f: (f.file, f.line, f.column, f.message)))


def rendered_findings(source: TemplateSource, values: Mapping[str, Value], rendered: Rendered) -> Iterator[Finding]:
    config, marks = rendered.config, rendered.marks
    yield from key_findings(config, marks)
    for key in unknown_keys(config):
        yield warning(nearest(marks, (key,)), f"cloud-init knows no key {key}, and will leave it out")
    hide = masker(str(values[name]) for name in secret_names(source.variables) if values.get(name))
    for fault in faults(config):
        secret = mask(fault.value, hide) != fault.value
        message = "has another form than cloud-init expects (and holds a secret)" if secret else fault.message
        yield error(nearest(marks, fault.path), f"{_dotted(fault.path)}{message}")
    for path, what in leaks(mask(config, hide)):
        yield error(nearest(marks, path), f"looks like {what} in plain text: use a variable of type secret")
    for mark, name in rendered.unquoted:
        yield warning(mark, f"the text {name} goes into a shell line as it is: write {{{{ {name} | quote }}}}")
    yield from written_twice(config, marks)
    yield from _compiled_findings(config, marks)


def errors_of(findings: tuple[Finding, ...]) -> tuple[Problem, ...]:
    return tuple(finding.problem for finding in findings if finding.severity is Severity.ERROR)


def _compiled_findings(config: Mapping[str, object], marks: Mapping[tuple[str | int, ...], Mark]) -> Iterator[Finding]:
    try:
        size = len(compile_user_data(config, _EXAMPLE_DELIVERY))
    except Invalid as invalid:
        for problem in invalid.problems:
            path = tuple(int(step) if step.isdigit() else step for step in problem.pointer.split("/")[1:])
            yield error(nearest(marks, path), f"{_dotted(path)}{problem.message}")
        return
    if size > SIZE_LIMIT:
        yield error(START, f"the user-data is {size} bytes; Gough sends MAAS at most {SIZE_LIMIT}")


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) + ": " if path else ""
