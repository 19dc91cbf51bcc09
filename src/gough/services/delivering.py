"""What a machine is told about Gough, and what a template may know of the machine."""

from collections.abc import Mapping
from contextlib import nullcontext

from sqlalchemy.orm import Session

from gough.cloud_init import AnsibleAccess, Delivery, MachineContext, Osquery, Prepared, TemplateSource, prepare
from gough.domain.errors import Invalid, Misconfigured
from gough.domain.fleet_address import FleetAddress
from gough.domain.osquery_flags import osquery_flags
from gough.domain.variables import check_values
from gough.persistence.models import Machine
from gough.services import ssh_keys
from gough.services.context import Use
from gough.services.fleet_hosts.enrolling import server_for_machines

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


def delivery(
    use: Use, machine: Machine, tokens: Mapping[str, str], *, session: Session | None = None
) -> Delivery:  # fmt: skip
    """What this machine is told, with the tokens `enrol` and `report`. Raises Misconfigured without a public URL.

    `session`: the one that is open, where one is.
    """
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
        agent_checksums=_named(use, "gough-agent"),
        allow_http=settings.may_use_http,
        osquery=_osquery(use, session),
        ansible=AnsibleAccess(settings.ansible_user, key) if (key := ssh_keys.public_key(use, session)) else None,
    )


def _osquery(use: Use, session: Session | None) -> Osquery | None:
    """None while Gough knows no Fleet server."""
    with nullcontext(session) if session is not None else use.database.read() as opened:
        server = server_for_machines(opened)
    if server is None:
        return None
    flags = osquery_flags(FleetAddress(server.url, server.url_prefix), own_ca=bool(server.ca))
    return Osquery(flags=flags, ca_pem=server.ca, checksums=_named(use, "osquery"))


def _named(use: Use, package: str) -> Mapping[str, str]:
    """{file that Gough serves: its sha256} of one package."""
    return {name: digest for name, digest in use.agent_checksums().items() if name.startswith(package)}


def _context(machine: Machine) -> MachineContext:
    return MachineContext(
        hostname=machine.hostname, fqdn=machine.fqdn or machine.hostname, system_id=machine.system_id,
        architecture=machine.architecture.partition("/")[0], zone=machine.zone, pool=machine.pool,
        tags=tuple(machine.tags),
    )  # fmt: skip
