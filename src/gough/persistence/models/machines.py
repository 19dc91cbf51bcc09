"""MAAS regions, the read model of their machines, and the timeline."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gough.persistence.models.base import Base
from gough.persistence.types import BigId, Json, Utc, new_id


class Region(Base):
    """A MAAS region controller. What is sealed is encrypted.

    `event_cursor` is the last event id settled. `event_marks` remembers how that event looked, as [id, date,
    system_id]: when it looks otherwise, the region was restored from a backup; its ids begin a new `event_epoch`, and
    machines read before `reread_before` are read again.

    `duty` and `reconcile_duty` are the shares of the region's time that Gough took, measured over the last window of
    a minute; `reconcile_period` is the time in seconds after which every machine has been read again.

    One with `removed_at` is followed no more: it stays for its machines' history, under another name, without its key.
    While `paused_at` is set, no job begins in the region. `presence_tried_at`: when MAAS was last asked which machines
    there are, whatever came of it; `unread` are those (system ids) that were found then and have to be read yet.
    """

    __tablename__ = "maas_regions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("reg"))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    url: Mapped[str] = mapped_column(String(500))
    api_key_sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    username: Mapped[str] = mapped_column(String(150), default="")
    version: Mapped[str] = mapped_column(String(40), default="")
    health: Mapped[str] = mapped_column(String(20), default="unknown")
    health_reason: Mapped[str] = mapped_column(Text, default="")
    imported_at: Mapped[datetime | None] = mapped_column(Utc)
    event_cursor: Mapped[int | None] = mapped_column(BigId)
    polled_at: Mapped[datetime | None] = mapped_column(Utc)
    presence_at: Mapped[datetime | None] = mapped_column(Utc)
    presence_tried_at: Mapped[datetime | None] = mapped_column(Utc)
    unread: Mapped[list[str]] = mapped_column(Json, default=list)
    poll_lease_until: Mapped[datetime | None] = mapped_column(Utc)
    poll_lease_token: Mapped[int] = mapped_column(default=0)
    event_marks: Mapped[list[list[Any]]] = mapped_column(Json, default=list)
    event_epoch: Mapped[int] = mapped_column(default=0)
    lag_seconds: Mapped[float] = mapped_column(default=0.0)
    remark: Mapped[str] = mapped_column(Text, default="")
    import_total: Mapped[int] = mapped_column(default=0)
    import_done: Mapped[int] = mapped_column(default=0)
    chunk_size: Mapped[int] = mapped_column(default=20)
    reread_before: Mapped[datetime | None] = mapped_column(Utc)
    reconcile_at: Mapped[datetime | None] = mapped_column(Utc)
    reconcile_period: Mapped[float | None]
    reconcile_duty: Mapped[float | None]
    duty: Mapped[float | None]
    window_began_at: Mapped[datetime | None] = mapped_column(Utc)
    window_busy: Mapped[float] = mapped_column(default=0.0)
    window_reconcile: Mapped[float] = mapped_column(default=0.0)
    max_in_flight: Mapped[int] = mapped_column(default=0)
    feed_username: Mapped[str] = mapped_column(String(150), default="")
    feed_password_sealed: Mapped[str | None] = mapped_column(Text)
    feed_state: Mapped[str] = mapped_column(String(10), default="off")
    feed_reason: Mapped[str] = mapped_column(Text, default="")
    removed_at: Mapped[datetime | None] = mapped_column(Utc)
    paused_at: Mapped[datetime | None] = mapped_column(Utc)
    paused_by: Mapped[str] = mapped_column(String(150), default="")
    paused_reason: Mapped[str] = mapped_column(Text, default="")


class Machine(Base):
    """A machine as MAAS last described it (`observed_at`), and what Gough makes of it (`service`, `reason`, …).

    Where it stands (`site`, `rack`, `rack_unit`) is Gough's own: MAAS has no place for it. `rack_unit` counts from the
    rack's floor; half units exist.
    """

    __tablename__ = "machines"
    __table_args__ = (
        UniqueConstraint("region_id", "system_id"),
        Index("ix_machines_service_hostname", "service", "hostname"),
        Index("ix_machines_status_hostname", "status", "hostname"),
        Index("ix_machines_region_id_observed_at", "region_id", "observed_at"),
        Index("ix_machines_serial", "serial"),
        Index("ix_machines_status_since_id", "status_since", "id"),
        Index("ix_machines_site_rack", "site", "rack"),
        Index("ix_machines_facets", "vanished_at", "status", "service", "zone", "pool", "site"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("mac"))
    region_id: Mapped[str] = mapped_column(ForeignKey("maas_regions.id"))
    system_id: Mapped[str] = mapped_column(String(41))
    hostname: Mapped[str] = mapped_column(String(255), index=True)
    fqdn: Mapped[str] = mapped_column(String(255), default="")
    status: Mapped[int]
    status_message: Mapped[str] = mapped_column(Text, default="")
    status_since: Mapped[datetime] = mapped_column(Utc)
    power_state: Mapped[str] = mapped_column(String(20), default="unknown")
    power_type: Mapped[str] = mapped_column(String(40), default="")
    architecture: Mapped[str] = mapped_column(String(40), default="")
    cpu_count: Mapped[int] = mapped_column(default=0)
    memory_mib: Mapped[int] = mapped_column(default=0)
    storage_mb: Mapped[float] = mapped_column(default=0.0)
    zone: Mapped[str] = mapped_column(String(255), default="")
    pool: Mapped[str] = mapped_column(String(255), default="")
    owner: Mapped[str] = mapped_column(String(150), default="")
    osystem: Mapped[str] = mapped_column(String(40), default="")
    distro_series: Mapped[str] = mapped_column(String(40), default="")
    hwe_kernel: Mapped[str] = mapped_column(String(60), default="")
    locked: Mapped[bool] = mapped_column(default=False)
    hardware_uuid: Mapped[str] = mapped_column(String(36), default="")
    serial: Mapped[str] = mapped_column(String(255), default="")
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    mac_addresses: Mapped[list[str]] = mapped_column(Json, default=list)
    ip_addresses: Mapped[list[str]] = mapped_column(Json, default=list)
    owner_data: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    search: Mapped[str] = mapped_column(Text, default="")
    site: Mapped[str] = mapped_column(String(80), default="")
    rack: Mapped[str] = mapped_column(String(80), default="")
    rack_unit: Mapped[float | None]
    first_seen_at: Mapped[datetime] = mapped_column(Utc)
    observed_at: Mapped[datetime] = mapped_column(Utc)
    vanished_at: Mapped[datetime | None] = mapped_column(Utc)

    service: Mapped[str] = mapped_column(String(20), default="out")
    service_since: Mapped[datetime] = mapped_column(Utc)
    reason: Mapped[str] = mapped_column(Text, default="")
    next_action: Mapped[str] = mapped_column(Text, default="")

    region: Mapped[Region] = relationship()


class MachineTag(Base):
    """A tag of a machine once more, as a row: lists are filtered by it. `Machine.tags` shows them in MAAS's order."""

    __tablename__ = "machine_tags"
    __table_args__ = (Index("ix_machine_tags_machine_id", "machine_id"),)

    tag: Mapped[str] = mapped_column(String(256), primary_key=True)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), primary_key=True)


_UNPLACED = text("position IS NULL")


class MachineEvent(Base):
    """One line of the timeline. `position` orders the live stream; it is given after commit, so it has no gaps."""

    __tablename__ = "machine_events"
    __table_args__ = (
        Index("ix_machine_events_machine_id_id", "machine_id", "id"),
        Index("ix_machine_events_unplaced", "id", postgresql_where=_UNPLACED, sqlite_where=_UNPLACED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    position: Mapped[int | None] = mapped_column(BigId, unique=True)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id"))
    job_id: Mapped[str | None] = mapped_column(String(40), index=True)
    source: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(120))
    level: Mapped[str] = mapped_column(String(10))
    message: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(150), default="")
    detail: Mapped[dict[str, Any] | None] = mapped_column(Json)
    occurred_at: Mapped[datetime] = mapped_column(Utc)
    recorded_at: Mapped[datetime] = mapped_column(Utc)
    dedup_key: Mapped[str | None] = mapped_column(String(160), unique=True)


class StreamHead(Base):
    """One row: the last position given. Its lock is what makes the sequencer the only one."""

    __tablename__ = "stream_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigId, default=0)
