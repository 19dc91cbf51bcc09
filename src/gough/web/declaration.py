"""Declaring operations: what each takes, what it gives, who may, and how it fails. What is missing fails at import."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from gough.domain.errors import GoughError
from gough.domain.permissions import Permission
from gough.web.body import BODY_CAP
from gough.web.message import Answer

SAFE = frozenset({"GET", "HEAD"})
TAKES_BODY = frozenset({"POST", "PUT", "PATCH"})
NARROWS = frozenset({"PUT", "PATCH", "DELETE"})
SMALL = 64 * 1024


class Open(Enum):
    """Operations that no person's permission guards, and what guards them instead."""

    PUBLIC = "nothing: everybody may"
    AGENT = "the agent's key, in the Authorization header"
    TOKEN = "a secret in the request, which the use case checks"  # noqa: S105


Guard = Permission | Open
Handler = Callable[..., Answer]


class Query(BaseModel):
    """An address's parameters. Unknown ones are refused, and so is a single one that comes twice."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class File:
    """A body that the handler reads itself, in one of these media types."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Media:
    """An answer that is not JSON. `others` are the media types that it may have instead."""

    kind: str
    meaning: str = ""
    others: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind, *self.others)


Body = type[BaseModel] | File
Shown = type[BaseModel] | Media | None
"""The form of an answer; None has no body."""
Edited = Callable[..., Any]
"""(session, the path's parts by name) → what people edit of that resource, as JSON would have it; raises NotFound."""


def BODY(_session: Session, **_parts: str) -> None:  # noqa: N802
    """For what nobody edits: the tag is over the whole answer."""


@dataclass(frozen=True, slots=True)
class Operation:
    """`is_page`: a person reads the answer in a browser, so errors are pages too.

    `gives`: {status: the form of the answer} when all is well. `raises` and `faults`, which are (status, code), are
    what it says else, beside what follows from the other members (`contract.refusals`). `edited` makes its ETag.
    """

    method: str
    path: str
    guard: Guard
    summary: str
    handler: Handler
    body: Body | None = None
    raises: tuple[type[GoughError], ...] = ()
    is_page: bool = False
    query: type[Query] = Query
    gives: Mapping[int, Shown] | None = None
    faults: tuple[tuple[int, str], ...] = ()
    edited: Edited | None = None
    body_limit: int = SMALL
    name: str = ""

    @property
    def is_for_programs(self) -> bool:
        return self.gives is not None

    @property
    def is_repeatable(self) -> bool:
        """Takes an `Idempotency-Key`. What machines send is told apart in their own ways."""
        return self.is_for_programs and self.method == "POST" and isinstance(self.guard, Permission)

    @property
    def operation_id(self) -> str:
        """`machines_deploy`: stable as long as the module and the handler keep their names."""
        module = self.handler.__module__.rpartition(".")[2]
        return f"{module}_{self.name or self.handler.__name__}"


REGISTRY: dict[tuple[str, str], Operation] = {}
PROGRAMS = ("/api/", "/agent/", "/healthz", "/readyz", "/metrics", "/adopt", "/openapi.json")


def operation(
    route: str, *, permission: Guard, summary: str, body: Body | None = None, is_page: bool = False, **more: Any
) -> Callable[[Handler], Handler]:
    """`@operation("POST /api/v1/machines/<name>/deploy", permission=Permission.DEPLOY, body=…, gives=…, summary=…)`.

    The handler is called with the request, the parts of the path by name, `query` and `body` where they are declared.
    Raises TypeError, naming the route, for what a reader of the documentation would miss.
    """
    method, _, path = route.partition(" ")
    if not isinstance(permission, Permission | Open):
        raise TypeError(f"{route} declares no permission")
    if (method, path) in REGISTRY:
        raise TypeError(f"{route} is declared twice")

    def declare(handler: Handler) -> Handler:
        made = Operation(method, path, permission, summary, handler, body, is_page=is_page, **more)
        for fault, is_there in FAULTS.items():
            if not is_page and path.startswith(PROGRAMS) and is_there(made):
                raise TypeError(f"{route} {fault}")
        REGISTRY[method, path] = made
        return handler

    return declare


FAULTS: Mapping[str, Callable[[Operation], bool]] = {
    "declares no answer: say what it `gives`": lambda made: not made.gives,
    "declares no body: give a model, or File(kinds)": lambda made: made.method in TAKES_BODY and made.body is None,
    "declares no limit of its body": lambda made: made.body is not None and not 0 < made.body_limit <= BODY_CAP,
    "declares an ETag for a new thing": lambda made: made.edited is not None and made.method == "POST",
}


def edited_of(found: Operation, session: Session, parts: Mapping[str, str]) -> Any:
    assert found.edited is not None
    return found.edited(session, **parts)
