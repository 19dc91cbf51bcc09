"""The operations of a resource, declared as data: the address, and the form of the answer.

    class Jobs(Resource):
        get = Get("/api/v1/jobs/{}", JobWithLog)
        cancel = Post("/api/v1/jobs/{}/cancel", Job)

`jobs.get("job_1", log_after=7)`: positional arguments are the parts of the address, the others the query of a GET or
the body of a change. None is left out. Answers may have fields that this version does not know.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from gough.client.connection import ANY, MATCH, Connection
from gough.client.errors import strange

Shown = TypeVar("Shown", bound=BaseModel)
Value = TypeVar("Value")
PAGE = 200


class Resource:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection


@dataclass(frozen=True, slots=True)
class Tagged(Generic[Value]):
    """A value and the state it is of, to send back as `if_match`."""

    value: Value
    etag: str


class Call(Generic[Value]):
    """One operation. As an attribute of a resource it is a function."""

    method: ClassVar[str]

    def __init__(self, path: str) -> None:
        self.path = path

    def __get__(self, resource: Resource, _owner: type[Resource]) -> Callable[..., Value]:
        return partial(self._ask, resource._connection)

    def _ask(self, connection: Connection, *parts: str, **given: Any) -> Value:
        raise NotImplementedError


class _Typed(Call[Shown]):
    def __init__(self, path: str, shown: type[Shown], *, repeatable: bool = True, anonymous: bool = False) -> None:
        super().__init__(path)
        self._shown, self._repeatable, self._anonymous = shown, repeatable, anonymous


class Get(_Typed[Shown]):
    method = "GET"

    def _ask(self, connection: Connection, *parts: str, **given: Any) -> Shown:
        return parse(self._shown, connection.ask("GET", address(self.path, parts), query=kept(given)))


class GetTagged(Call[Tagged[Shown]]):
    """As Get, with the ETag."""

    method = "GET"

    def __init__(self, path: str, shown: type[Shown]) -> None:
        super().__init__(path)
        self._shown = shown

    def _ask(self, connection: Connection, *parts: str, **given: Any) -> Tagged[Shown]:
        answer = connection.ask("GET", address(self.path, parts), query=kept(given))
        return Tagged(parse(self._shown, answer), answer.headers.get("ETag", ANY))


class Pages(Call[Iterator[Shown]]):
    """Every item, from page to page as they are wanted."""

    method = "GET"

    def __init__(self, path: str, shown: type[Shown]) -> None:
        super().__init__(path)
        self._shown = shown

    def _ask(self, connection: Connection, *parts: str, **given: Any) -> Iterator[Shown]:
        """`limit` is of a page, not of all."""
        query = {"limit": PAGE, **kept(given)}
        while True:
            answer = connection.ask("GET", address(self.path, parts), query=query)
            items, cursor = self._read(answer)
            yield from items
            if not cursor:
                return
            query["cursor"] = cursor

    def _read(self, answer: httpx.Response) -> tuple[list[Shown], str | None]:
        try:
            page = answer.json()
            return [self._shown.model_validate(item, extra="ignore") for item in page["items"]], page["next_cursor"]
        except (ValueError, KeyError, TypeError) as error:
            raise strange(answer) from error


class Post(_Typed[Shown]):
    method = "POST"

    def _ask(self, connection: Connection, *parts: str, **given: Any) -> Shown:
        answer = connection.ask(
            "POST", address(self.path, parts), body=kept(given), repeatable=self._repeatable, anonymous=self._anonymous
        )
        return parse(self._shown, answer)


class Tell(Call[None]):
    """A POST that answers nothing."""

    method = "POST"

    def _ask(self, connection: Connection, *parts: str, **given: Any) -> None:
        connection.ask("POST", address(self.path, parts), body=kept(given))


class _Edit(_Typed[Shown]):
    """`if_match` is the ETag of the state that the change is of; without it, whatever there is is changed."""

    def _ask(self, connection: Connection, *parts: str, if_match: str = ANY, **given: Any) -> Shown:
        path, match = address(self.path, parts), {MATCH: if_match}
        return parse(self._shown, connection.ask(self.method, path, body=kept(given), headers=match))


class Patch(_Edit[Shown]):
    method = "PATCH"


class Put(_Edit[Shown]):
    method = "PUT"


class Delete(Call[None]):
    method = "DELETE"

    def _ask(self, connection: Connection, *parts: str, if_match: str = ANY, **given: Any) -> None:
        connection.ask("DELETE", address(self.path, parts), query=kept(given), headers={MATCH: if_match})


def address(path: str, parts: tuple[str, ...]) -> str:
    return path.format(*(quote(part, safe="@") for part in parts))


def kept(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def parse(shown: type[Shown], answer: httpx.Response) -> Shown:
    """Raises Unavailable for what is no such answer: it comes from something else than Gough."""
    try:
        return shown.model_validate_json(answer.content, extra="ignore")
    except ValueError as error:
        raise strange(answer) from error
