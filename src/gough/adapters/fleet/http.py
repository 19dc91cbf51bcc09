"""One request to a Fleet server and what may go wrong with it. Knows no operation of Fleet's."""

import ssl
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from gough.adapters.fleet.errors import retry_after, translate, unreachable, unreadable
from gough.adapters.outbound import CheckedTransport
from gough.domain.errors import Invalid, Unavailable
from gough.domain.fleet_address import FleetAddress

TIMEOUT = httpx.Timeout(60, connect=5)  # a live query keeps its request for 25 s; a page of 500 hosts takes a few
LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=4, keepalive_expiry=30)
PAUSES = (0.25, 1.0)  # seconds before the second and the third try of a GET
LONGEST_PAUSE = 15.0  # a Retry-After beyond that is the caller's to wait for
WORTH_ANOTHER_TRY = frozenset({429, 502, 503, 504})
EXCERPT = 60
HIDDEN = "***"

Answer = TypeVar("Answer")
Params = Mapping[str, str | int | bool]
Body = Mapping[str, Any]


class FleetHttp:
    """Safe to share between threads, as httpx.Client is. `secrets` never leave in a message."""

    def __init__(
        self,
        address: FleetAddress,
        token: str,
        *,
        ca: str,
        transport: httpx.BaseTransport | None,
        loopback: bool,
        sleep: Callable[[float], None],
    ) -> None:
        self.address = address
        self._sleep = sleep
        self._secrets: set[str] = set()
        self._client = httpx.Client(
            base_url=f"{address.url}/",
            timeout=TIMEOUT,
            transport=transport or _checked(address, ca, loopback=loopback),
            headers={"Accept": "application/json"},
        )
        self.use(token)

    def use(self, token: str) -> None:
        """Ask with this token from now on; empty: as nobody."""
        self._client.headers.pop("Authorization", None)
        if token:
            self.hide(token)
            self._client.headers["Authorization"] = f"Bearer {token}"

    def hide(self, *secrets: str) -> None:
        """Never quote these, whoever says them."""
        self._secrets.update(secret for secret in secrets if secret)

    def redact(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, answer: TypeAdapter[Answer], params: Params | None = None) -> Answer:
        return self._parsed(self._get(path, params), answer)

    def get_plain(self, path: str) -> None:
        self._get(path, None)

    def post(self, path: str, answer: TypeAdapter[Answer], body: Body) -> Answer:
        """Never repeated: Fleet may have done it although the answer got lost."""
        return self._parsed(self._checked(self._send("POST", path, None, body)), answer)

    def post_plain(self, path: str, body: Body) -> None:
        """For operations that answer nothing of use."""
        self._checked(self._send("POST", path, None, body))

    def patch(self, path: str, answer: TypeAdapter[Answer], body: Body) -> Answer:
        return self._parsed(self._checked(self._send("PATCH", path, None, body)), answer)

    def delete(self, path: str) -> None:
        self._checked(self._send("DELETE", path, None, None))

    def _get(self, path: str, params: Params | None) -> httpx.Response:
        for pause in PAUSES:
            try:
                response = self._send("GET", path, params, None)
            except Unavailable:
                self._sleep(pause)
                continue
            wanted = retry_after(response) or pause
            if response.status_code not in WORTH_ANOTHER_TRY or wanted > LONGEST_PAUSE:
                return self._checked(response)
            self._sleep(max(pause, wanted))
        return self._checked(self._send("GET", path, params, None))

    def _send(self, method: str, path: str, params: Params | None, body: Body | None) -> httpx.Response:
        try:
            return self._client.request(method, path, params=params, json=body)
        except httpx.HTTPError as error:
            raise unreachable(error, self.address.url, self.redact) from error

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        raise translate(response, self.redact)

    def _parsed(self, response: httpx.Response, answer: TypeAdapter[Answer]) -> Answer:
        try:
            return answer.validate_json(response.content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            if first["type"] == "json_invalid":
                start = self.redact(" ".join(response.text.split())[:EXCERPT])
                raise unreadable(response, "not JSON", start) from None
            where = ".".join(str(part) for part in first["loc"]) or "the whole"
            # Not chained: pydantic's error carries the document, and with it whatever secret stands there.
            raise unreadable(response, f"{where}: {first['msg']}") from None


def _checked(address: FleetAddress, ca: str, *, loopback: bool) -> httpx.BaseTransport:
    return CheckedTransport(httpx.HTTPTransport(verify=_trust(address, ca), limits=LIMITS), loopback=loopback)


def _trust(address: FleetAddress, ca: str) -> ssl.SSLContext:
    """The usual authorities and, where a PEM text is given, those in it. Raises Invalid."""
    if not address.is_https:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody; reading the usual ones takes a while
    context = ssl.create_default_context()
    if ca:
        try:
            context.load_verify_locations(cadata=ca)
        except (ssl.SSLError, ValueError) as error:
            raise Invalid(f"The CA of this Fleet server is no PEM certificate: {error}.") from error
    return context
