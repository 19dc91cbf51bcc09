"""What forms of answers share."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item", bound=BaseModel)
Moment = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", json_schema_extra={"format": "date-time"},
        examples=["2026-01-01T12:00:00.000Z"],
    ),
]  # fmt: skip
"""RFC 3339 in UTC, to the millisecond."""


class Shown(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Page(Shown, Generic[Item]):
    """One page of a list. `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class Named(Shown):
    """What one thing went wrong with, and where."""

    pointer: str
    message: str
