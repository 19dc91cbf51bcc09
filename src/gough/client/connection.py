"""How a client reaches Gough: one httpx.Client, errors translated, POSTs sent with a key of their own."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from gough import __version__
from gough.client import errors, retrying
from gough.client.retrying import KEY, Retries
from gough.domain.errors import Misconfigured

TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # MAAS is asked while some operations wait
IDLE_SECONDS = 60.0  # a live stream says something every 15
MATCH, ANY = "If-Match", "*"


class Bearer(httpx.Auth):
    """An API key or an access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Connection:
    """Requests and answers. Everything it raises is a GoughError."""

    def __init__(
        self,
        url: str,
        *,
        auth: httpx.Auth | None = None,
        ca_file: Path | None = None,
        transport: httpx.BaseTransport | None = None,
        retries: Retries | None = None,
    ) -> None:
        self._retries = retries or Retries()
        self._http = httpx.Client(
            base_url=url.rstrip("/"), auth=auth, transport=transport, timeout=TIMEOUT, follow_redirects=False,
            verify=_trusting(ca_file), headers={"User-Agent": f"gough/{__version__}"},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    @property
    def url(self) -> str:
        return str(self._http.base_url).rstrip("/")

    def rest(self, seconds: float) -> None:
        """Wait, before something is tried again."""
        self._retries.sleep(seconds)

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | list[tuple[str, Any]] | None = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        anonymous: bool = False,
    ) -> httpx.Response:
        """A good answer. `body` is sent as JSON, `content` as it is.

        A POST carries an Idempotency-Key, but where it is not `repeatable`. Raises what the answer tells of, and
        Unavailable where there is none.
        """
        request = self._request(method, path, query, body, content, headers, repeatable=repeatable)
        return self._good(request, anonymous=anonymous)

    @contextmanager
    def answer(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, Any]] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Iterator[httpx.Response]:
        """Whatever is answered, its body not read yet. Raises Unavailable, while its body is read too."""
        request = self._request(method, path, query, None, content, headers, repeatable=repeatable)
        answer = self._sent(request, stream=True)
        try:
            yield answer
        except httpx.RequestError as error:
            raise errors.unreachable(request.url, error) from error
        finally:
            answer.close()

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str], query: Mapping[str, Any]) -> Iterator[httpx.Response]:
        """An answer whose body is read while it comes. Raises as `ask` does; while reading, httpx.TransportError."""
        request = self._http.build_request("GET", path, params=query, headers=dict(headers))
        request.extensions["timeout"] = httpx.Timeout(IDLE_SECONDS, connect=10.0).as_dict()
        answer = self._good(request, stream=True)
        try:
            yield answer
        finally:
            answer.close()

    def _request(
        self, method: str, path: str, query: Any, body: Any, content: bytes | None, headers: Mapping[str, str] | None,
        *, repeatable: bool,
    ) -> httpx.Request:  # fmt: skip
        request = self._http.build_request(
            method, path, params=query, json=body, content=content, headers=dict(headers or {})
        )
        if method == "POST" and repeatable:
            request.headers.setdefault(KEY, uuid4().hex)
        return request

    def _good(self, request: httpx.Request, *, stream: bool = False, anonymous: bool = False) -> httpx.Response:
        answer = self._sent(request, stream=stream, anonymous=anonymous)
        if answer.status_code < 300:
            return answer
        try:
            answer.read()
        except httpx.RequestError as error:
            raise errors.unreachable(request.url, error) from error
        raise errors.of_answer(answer)

    def _sent(self, request: httpx.Request, *, stream: bool = False, anonymous: bool = False) -> httpx.Response:
        try:
            return retrying.send(self._http, request, self._retries, stream=stream, anonymous=anonymous)
        except httpx.RequestError as error:
            raise errors.unreachable(request.url, error) from error


def _trusting(ca_file: Path | None) -> ssl.SSLContext | bool:
    """Raises Misconfigured for a file that holds no certificates."""
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        hint = "Give a file with the certificate of the authority that signed the server's, in PEM."
        raise Misconfigured(f"{ca_file} is no file of certificates: {error}.", hint=hint) from error
