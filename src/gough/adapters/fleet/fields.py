"""How single values of Fleet's JSON are read: null, absence and its own words for "never" become plain values."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

Item = TypeVar("Item")

NEVER = ("0001-01-01", "2000-01-01")  # what Fleet writes for a time that has not come yet


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


def _or_zero(value: Any) -> Any:
    return 0 if value is None else value


def _or_none(value: Any) -> Any:
    """A time, or None for null, an empty text and Fleet's own words for never."""
    return None if not value or (isinstance(value, str) and value.startswith(NEVER)) else value


def _or_list(value: Any) -> Any:
    return [] if value is None else value


def _or_dict(value: Any) -> Any:
    return {} if value is None else value


Text = Annotated[str, BeforeValidator(_or_empty)]
Count = Annotated[int, BeforeValidator(_or_zero)]
Number = Annotated[float, BeforeValidator(_or_zero)]
Flag = Annotated[bool, BeforeValidator(bool)]
Moment = Annotated[datetime | None, BeforeValidator(_or_none)]
Many = Annotated[tuple[Item, ...], BeforeValidator(_or_list)]
Options = BeforeValidator(_or_dict)  # for an object that may be null


class Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
