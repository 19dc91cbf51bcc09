"""Fleet servers, the read model of their hosts, and how policies turn out on them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gough.persistence.models.base import Base
from gough.persistence.types import Json, Utc, new_id


class FleetServer(Base):
    """A Fleet server. What is sealed is encrypted; `ca` is the PEM of its authority, empty for a public one.

    `policy_cursor` and `enrol_cursor` are the newest such times of its hosts that were read, by its own clock.
    `full_at` is when every host was read last.
    """

    __tablename__ = "fleet_servers"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("fls"))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    url: Mapped[str] = mapped_column(String(500))
    url_prefix: Mapped[str] = mapped_column(String(200), default="")
    token_sealed: Mapped[str] = mapped_column(Text)
    ca: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Utc)
    username: Mapped[str] = mapped_column(String(255), default="")
    version: Mapped[str] = mapped_column(String(40), default="")
    health: Mapped[str] = mapped_column(String(20), default="unknown")
    health_reason: Mapped[str] = mapped_column(Text, default="")
    polled_at: Mapped[datetime | None] = mapped_column(Utc)
    full_at: Mapped[datetime | None] = mapped_column(Utc)
    policy_cursor: Mapped[datetime | None] = mapped_column(Utc)
    enrol_cursor: Mapped[datetime | None] = mapped_column(Utc)
    poll_lease_until: Mapped[datetime | None] = mapped_column(Utc)
    poll_lease_token: Mapped[int] = mapped_column(default=0)


class FleetHost(Base):
    """A host as Fleet last described it, and the machine that it is.

    `untold`: something changed that its machine has not been told; `told` is what it was told last (see
    `services.fleet_hosts.telling`).

    `binding` says by what: uuid, serial or hostname; none, or conflict, whose reason is in `binding_reason`.
    """

    __tablename__ = "fleet_hosts"
    __table_args__ = (
        UniqueConstraint("server_id", "host_id"),
        Index("ix_fleet_hosts_machine_id", "machine_id"),
        Index("ix_fleet_hosts_hostname_id", "hostname", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("fho"))
    server_id: Mapped[str] = mapped_column(ForeignKey("fleet_servers.id", ondelete="CASCADE"))
    host_id: Mapped[int]
    uuid: Mapped[str] = mapped_column(String(255), default="")
    hostname: Mapped[str] = mapped_column(String(255), default="")
    serial: Mapped[str] = mapped_column(String(255), default="")
    platform: Mapped[str] = mapped_column(String(60), default="")
    os_version: Mapped[str] = mapped_column(String(255), default="")
    osquery_version: Mapped[str] = mapped_column(String(60), default="")
    status: Mapped[str] = mapped_column(String(20), default="offline")
    primary_ip: Mapped[str] = mapped_column(String(45), default="")
    failing: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime | None] = mapped_column(Utc)
    enrolled_at: Mapped[datetime | None] = mapped_column(Utc)
    policies_at: Mapped[datetime | None] = mapped_column(Utc)
    observed_at: Mapped[datetime] = mapped_column(Utc)
    machine_id: Mapped[str | None] = mapped_column(ForeignKey("machines.id", ondelete="SET NULL"))
    binding: Mapped[str] = mapped_column(String(10), default="none")
    binding_reason: Mapped[str] = mapped_column(Text, default="")
    untold: Mapped[bool] = mapped_column(default=True)
    told: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Policy(Base):
    """A policy of a Fleet server. `critical` is Gough's own mark: only Fleet Premium has one. `pack` names ours."""

    __tablename__ = "policies"
    __table_args__ = (UniqueConstraint("server_id", "policy_id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("pol"))
    server_id: Mapped[str] = mapped_column(ForeignKey("fleet_servers.id", ondelete="CASCADE"))
    policy_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(255))
    query: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    resolution: Mapped[str] = mapped_column(Text, default="")
    platform: Mapped[str] = mapped_column(String(80), default="")
    critical: Mapped[bool] = mapped_column(default=False)
    pack: Mapped[str] = mapped_column(String(80), default="")


class PolicyResult(Base):
    """How a policy turns out on a host: pass, fail or unknown, and since when."""

    __tablename__ = "policy_results"
    __table_args__ = (Index("ix_policy_results_host_id", "host_id"),)

    policy_id: Mapped[str] = mapped_column(ForeignKey("policies.id", ondelete="CASCADE"), primary_key=True)
    host_id: Mapped[str] = mapped_column(ForeignKey("fleet_hosts.id", ondelete="CASCADE"), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime] = mapped_column(Utc)
