"""Another SECRET_KEY: everything that the one before has sealed or signed is sealed and signed anew.

In small transactions; what is done stays done, so that it may be stopped and begun again at any moment. A row that
somebody changes meanwhile is left to them: they seal with the new key.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Table, and_, select, tuple_, update

from gough.domain.errors import Misconfigured
from gough.persistence.models import AuditCheckpoint, Base
from gough.services.audit_signing import is_signed, sign
from gough.services.context import Use

SEALED = "_sealed"
CHUNK = 100


def sealed_columns() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that holds something sealed: its name says so."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith(SEALED):
                yield table, column


def rotate(use: Use) -> Mapping[str, int]:
    """{table.column: how many values were sealed anew}. Raises Misconfigured for what neither key opens."""
    done = {f"{table.name}.{column.name}": _renew(use, table, column) for table, column in sealed_columns()}
    return done | {"audit_checkpoints.signature": _sign_again(use)}


def _renew(use: Use, table: Table, column: Column[Any]) -> int:
    key = tuple(table.primary_key.columns)
    behind: tuple[Any, ...] | None = None
    count = 0
    while True:
        query = select(*key, column).where(column.is_not(None)).order_by(*key).limit(CHUNK)
        with use.database.read() as session:
            rows = session.execute(query if behind is None else query.where(tuple_(*key) > tuple_(*behind))).all()
        if not rows:
            return count
        fresh = {tuple(row[:-1]): (row[-1], _renewed(use, table, column, row[-1])) for row in rows if row[-1]}
        changed = {at: values for at, values in fresh.items() if values[0] != values[1]}
        if changed:
            with use.database.write() as session:
                for at, (old, new) in changed.items():
                    here = and_(*(part == value for part, value in zip(key, at, strict=True)), column == old)
                    session.execute(update(table).where(here).values({column.name: new}))
        count += len(changed)
        behind = tuple(rows[-1][:-1])


def _renewed(use: Use, table: Table, column: Column[Any], old: str | bytes) -> str | bytes:
    try:
        new = use.sealer.renewed(old.encode() if isinstance(old, str) else old)
    except Misconfigured as error:
        raise Misconfigured(
            f"A value of {table.name}.{column.name} can be opened with neither key; it was left as it is.",
            hint="Give the key it was sealed with as SECRET_KEY_PREVIOUS and run this again.",
        ) from error
    return new.decode() if isinstance(old, str) else new


def _sign_again(use: Use) -> int:
    """Only what one of our keys has signed: what was tampered with stays visible."""
    with use.database.write() as session:
        count = 0
        for row in session.scalars(select(AuditCheckpoint)):
            before = row.public_key, row.signature
            if is_signed(use, row):
                sign(use, row)
                count += before != (row.public_key, row.signature)
    return count
