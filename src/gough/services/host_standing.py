"""How a machine stands with Fleet: its host, and how the critical policies turn out there."""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from gough.domain.fleet_hosts import Verdict
from gough.persistence.models import FleetHost, FleetServer, Policy, PolicyResult

ONLINE = "online"


@dataclass(frozen=True, slots=True)
class HostStanding:
    """`known`: every critical policy was answered since the host enrolled. `failing`: their names, by name."""

    host: FleetHost
    known: bool
    failing: tuple[str, ...]

    @property
    def online(self) -> bool:
        return self.host.status == ONLINE


def is_configured(session: Session) -> bool:
    """Whether Gough knows any Fleet server."""
    return bool(session.scalar(select(exists(select(FleetServer.id)))))


def of_machine(session: Session, machine_id: str) -> HostStanding | None:
    """None where no host is bound to the machine. Of several the one that enrolled last."""
    newest = FleetHost.enrolled_at.desc().nulls_last()
    host = session.scalars(
        select(FleetHost).where(FleetHost.machine_id == machine_id).order_by(newest, FleetHost.id).limit(1)
    ).first()
    return None if host is None else of_host(session, host)


def of_host(session: Session, host: FleetHost) -> HostStanding:
    critical = select(Policy.name, PolicyResult.verdict).join(PolicyResult, PolicyResult.policy_id == Policy.id)
    rows = session.execute(
        critical.where(PolicyResult.host_id == host.id, Policy.critical.is_(True)).order_by(Policy.name)
    ).all()
    answered = host.policies_at is not None and host.enrolled_at is not None and host.policies_at >= host.enrolled_at
    if not answered:
        return HostStanding(host, known=not _has_critical(session, host.server_id), failing=())
    return HostStanding(
        host,
        known=all(verdict != Verdict.UNKNOWN for _, verdict in rows),
        failing=tuple(name for name, verdict in rows if verdict == Verdict.FAIL),
    )


def _has_critical(session: Session, server_id: str) -> bool:
    wanted = select(Policy.id).where(Policy.server_id == server_id, Policy.critical.is_(True))
    return bool(session.scalar(select(exists(wanted))))
