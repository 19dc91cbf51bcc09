"""Rolling samples up and letting old ones go: a little at a time, each time one short transaction.

A sample is counted once: the mark of how far they are counted moves in the transaction that counts them. Late ones
are behind the mark like all others, since it follows the order in which samples are received.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, tuple_
from sqlalchemy.orm import Session

from gough.domain.clocks import is_far_off
from gough.domain.metrics import (
    KEPT,
    RAW_KEPT,
    STEPS,
    Cell,
    Reading,
    beginning,
    measured,
    merged,
    reading,
)
from gough.persistence.models import Agent, AgentSample, MetricMark, MetricRollup
from gough.services.context import Use
from gough.services.heartbeats import unpack

CHUNK = 500
SETTLED = timedelta(seconds=30)  # whoever was given a time before that has committed, see `heartbeats.write_group`
Rollups = dict[tuple[str, int, datetime], tuple[datetime, dict[str, Cell]]]
"""{(machine, step, beginning): (its newest sample's time, {series: cell})}"""


def roll_up(use: Use) -> None:
    """Everything that has settled."""
    while _roll_up_some(use) == CHUNK:
        pass


def prune(use: Use) -> None:
    """At most one chunk of each kind: its caller comes again soon, and others get their turn in between."""
    for old in _old(use):
        with use.database.read() as session:
            table, keys = old(session)
        if keys:
            gone = delete(table).where(tuple_(*table.__table__.primary_key.columns).in_(keys))
            with use.database.write() as session:
                session.execute(gone, execution_options={"synchronize_session": False})


def packed(cells: dict[str, Cell]) -> bytes:
    return zlib.compress(orjson.dumps({n: [c.low, c.total, c.high, c.last, c.count] for n, c in cells.items()}), 1)


def unpacked(payload: bytes) -> dict[str, Cell]:
    return {name: Cell(*values) for name, values in orjson.loads(zlib.decompress(payload)).items()}


def time_of(sent_at: datetime, received_at: datetime, skew: float) -> datetime:
    """When it was measured, by our clock: a machine's clock that is wrong is not believed."""
    return min(sent_at - timedelta(seconds=skew if is_far_off(skew) else 0), received_at)


def _roll_up_some(use: Use) -> int:
    with use.database.write() as session:
        mark = session.scalars(select(MetricMark).where(MetricMark.id == 1).with_for_update()).one()
        rows = session.execute(_behind(mark, use.database.now(session) - SETTLED)).all()
        if rows:
            last = rows[-1][0]
            mark.received_at, mark.agent_id, mark.sequence = last.received_at, last.agent_id, last.sequence
            _add(session, _counted(session, rows))
        return len(rows)


def _behind(mark: MetricMark, until: datetime) -> Select[AgentSample, str, float]:
    after = or_(
        AgentSample.received_at > mark.received_at,
        AgentSample.agent_id > mark.agent_id,
        and_(AgentSample.agent_id == mark.agent_id, AgentSample.sequence > mark.sequence),
    )
    order = (AgentSample.received_at, AgentSample.agent_id, AgentSample.sequence)
    query = select(AgentSample, Agent.machine_id, Agent.clock_skew_seconds).join(Agent, Agent.id == order[1])
    settled = (AgentSample.received_at >= mark.received_at, AgentSample.received_at <= until)
    return query.where(*settled, after).order_by(*order).limit(CHUNK)


def _counted(session: Session, rows: Sequence[Any]) -> Rollups:
    found: Rollups = {}
    before: dict[str, Reading | None] = {}
    for sample, machine_id, skew in sorted(rows, key=lambda row: (row[0].agent_id, row[0].sequence)):
        if sample.agent_id not in before:
            before[sample.agent_id] = _before(session, sample, skew)
        now = _reading(sample, skew)
        cells = {name: Cell.of(value) for name, value in measured(now, before[sample.agent_id]).items()}
        before[sample.agent_id] = now
        for step in STEPS:
            key = (machine_id, step, beginning(now.at, step))
            found[key] = _joined(found[key], (now.at, cells)) if key in found else (now.at, cells)
    return found


def _before(session: Session, sample: AgentSample, skew: float) -> Reading | None:
    earlier = (AgentSample.agent_id == sample.agent_id, AgentSample.sequence < sample.sequence)
    found = session.scalars(select(AgentSample).where(*earlier).order_by(AgentSample.sequence.desc()).limit(1)).first()
    return _reading(found, skew) if found else None


def _reading(sample: AgentSample, skew: float) -> Reading:
    return reading(unpack(sample.payload), time_of(sample.sent_at, sample.received_at, skew))


def _joined(
    first: tuple[datetime, dict[str, Cell]], second: tuple[datetime, dict[str, Cell]]
) -> tuple[datetime, dict[str, Cell]]:
    cells, is_newer = dict(first[1]), second[0] >= first[0]
    for name, cell in second[1].items():
        cells[name] = merged(cells[name], cell, second_is_newer=is_newer) if name in cells else cell
    return max(first[0], second[0]), cells


def _add(session: Session, counted: Rollups) -> None:
    key = (MetricRollup.machine_id, MetricRollup.step, MetricRollup.at)
    known = {
        (row.machine_id, row.step, row.at): row
        for row in session.scalars(select(MetricRollup).where(tuple_(*key).in_(list(counted))))
    }
    for (machine_id, step, at), (newest, cells) in counted.items():
        row = known.get((machine_id, step, at))
        if row is None:
            session.add(
                MetricRollup(machine_id=machine_id, step=step, at=at, last_at=newest, payload=packed(cells))
            )  # fmt: skip
        else:
            row.last_at, joined = _joined((row.last_at, unpacked(row.payload)), (newest, cells))
            row.payload = packed(joined)


def _old(use: Use) -> list[Any]:
    return [lambda session: _old_samples(use, session)] + [
        lambda session, step=step: _old_rollups(use, session, step) for step in STEPS
    ]


def _old_samples(use: Use, session: Session) -> tuple[type[AgentSample], list[Any]]:
    """Never an agent's newest, nor one that is not rolled up yet."""
    mark = session.scalars(select(MetricMark.received_at)).one()
    until: ColumnElement[bool] = AgentSample.received_at < min(use.database.now(session) - RAW_KEPT, mark)
    query = select(AgentSample.agent_id, AgentSample.sequence).join(Agent, Agent.id == AgentSample.agent_id)
    old = query.where(until, AgentSample.sequence != Agent.last_sequence).order_by(AgentSample.received_at)
    return AgentSample, [tuple(row) for row in session.execute(old.limit(CHUNK))]


def _old_rollups(use: Use, session: Session, step: int) -> tuple[type[MetricRollup], list[Any]]:
    old = (MetricRollup.step == step, MetricRollup.at < use.database.now(session) - KEPT[step])
    query = select(MetricRollup.machine_id, MetricRollup.step, MetricRollup.at).where(*old)
    return MetricRollup, [tuple(row) for row in session.execute(query.order_by(MetricRollup.at).limit(CHUNK))]
