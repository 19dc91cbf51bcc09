"""What a machine is told about Gough, and what a template may know of the machine."""

from collections.abc import Mapping

from gough.cloud_init import Delivery, MachineContext, Prepared, TemplateSource, prepare
from gough.domain.errors import Invalid, Misconfigured
from gough.domain.variables import check_values
from gough.persistence.models import Machine
from gough.services.context import Use

# Stand-ins of the real tokens' form: a preview must not hand out anything that opens a door.
PREVIEW_TOKENS = {"enrol": "enrolment-token-of-a-preview", "report": "report-token-of-a-preview"}


def prepared(
    use: Use, machine: Machine, source: TemplateSource, values: Mapping[str, object], tokens: Mapping[str, str]
) -> Prepared:
    """User-data for this very machine. Raises Invalid with every finding, or Misconfigured."""
    return prepare(source, values, _context(machine), delivery(use, machine, tokens))


def preview(use: Use, machine: Machine, source: TemplateSource, values: Mapping[str, object]) -> Prepared:
    """What would be sent, without anything being stored."""
    _, problems = check_values(source.variables, values)  # before what only an administrator can mend
    if problems:
        raise Invalid(f"The variables do not fit the template {source.name}.", problems=problems)
    return prepared(use, machine, source, values, PREVIEW_TOKENS)


def delivery(use: Use, machine: Machine, tokens: Mapping[str, str]) -> Delivery:
    """What this machine is told, with the tokens `enrol` and `report`. Raises Misconfigured without a public URL."""
    settings = use.settings
    if not settings.public_url:
        raise Misconfigured(
            "GOUGH_PUBLIC_URL is not set, so servers would not know where to report.",
            hint="Set it to the address servers reach Gough at, then retry from stage validate.",
        )
    return Delivery(
        public_url=settings.public_url,
        report_token=tokens["report"],
        enrolment_token=tokens["enrol"],
        server_id=machine.id,
        interval_seconds=max(1, round(settings.agent_interval_seconds)),
        ca_pem=settings.ca_file.read_text(encoding="ascii") if settings.ca_file else "",
        agent_checksums=use.agent_checksums(),
        allow_http=settings.may_use_http,
    )


def _context(machine: Machine) -> MachineContext:
    return MachineContext(
        hostname=machine.hostname, fqdn=machine.fqdn or machine.hostname, system_id=machine.system_id,
        architecture=machine.architecture.partition("/")[0], zone=machine.zone, pool=machine.pool,
        tags=tuple(machine.tags),
    )  # fmt: skip
