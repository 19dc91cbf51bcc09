"""A request as operations see it, and the answer they give."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson
from werkzeug.http import parse_cookie

from gough.domain.errors import Invalid
from gough.services.context import Use
from gough.services.people import Caller

if TYPE_CHECKING:
    from gough.web.site import Site

Headers = tuple[tuple[str, str], ...]
JSON = "application/json"
HTML = "text/html; charset=utf-8"
MOST_PARAMETERS, MOST_FIELDS = 50, 500


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers, and either bytes or a stream of them."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: Headers = ()


@dataclass
class Request:
    """One request. `caller` is set before an operation that needs a permission runs; `body` is read and capped.

    `packed` is the body as it came, in gzip; empty when it came as it is. `route` is the path of the operation that
    answers, as it is declared; empty where none does.
    """

    environ: Mapping[str, Any]
    site: "Site"
    body: bytes = b""
    packed: bytes = b""
    route: str = ""
    caller: Caller | None = None
    fresh_cookies: list[str] = field(default_factory=list)
    fresh_headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def use(self) -> Use:
        return self.site.application.use

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        return str(self.environ.get("PATH_INFO", "/"))

    @property
    def address(self) -> str:
        """The client's, by `proxies.settle`: the peer's, or what a trusted proxy says."""
        return str(self.environ.get("REMOTE_ADDR") or "")[:45]

    @property
    def is_https(self) -> bool:
        """As the public address is, or as a trusted proxy says."""
        return self.site.is_https or self.environ.get("wsgi.url_scheme") == "https"

    @property
    def by(self) -> str:
        """The caller's name, for the record of who did it."""
        return self.known_caller.name

    @property
    def known_caller(self) -> Caller:
        if self.caller is None:
            raise LookupError("an operation without a permission asked for its caller")
        return self.caller

    def header(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        return str(self.environ.get(key if key.startswith("CONTENT_") else f"HTTP_{key}", ""))

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The address's parameters, empty ones too. Raises Invalid for too many."""
        return _fields(str(self.environ.get("QUERY_STRING", "")), MOST_PARAMETERS)

    @cached_property
    def form(self) -> Mapping[str, str]:
        """A urlencoded form's fields, empty ones too; none for any other kind of body. Raises Invalid for too many."""
        return _fields(self.body.decode("utf-8", "replace"), MOST_FIELDS) if self.is_form else {}

    @property
    def is_form(self) -> bool:
        return self.header("Content-Type").partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        return parse_cookie(self.header("Cookie"))


def _fields(text: str, most: int) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=most))
    except ValueError:
        raise Invalid("The request has too many fields.", hint=f"Give at most {most}.") from None


def as_json(value: object, status: int = 200, headers: Headers = ()) -> Answer:
    """The value as JSON; moments in UTC as RFC 3339."""
    return Answer(status, orjson.dumps(value, option=orjson.OPT_UTC_Z), (("Content-Type", JSON), *headers))


def redirect(location: str, headers: Headers = ()) -> Answer:
    """See other: the next request is a GET."""
    return Answer(303, b"", (("Location", location), *headers))


def moment(value: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond."""
    if value is None:
        return None
    text = (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()
    return f"{text[:23]}Z" if len(text) > len("2000-01-01T00:00:00+00:00") else f"{text[:19]}.000Z"  # a list has many
