"""One request to the provider, and what may go wrong with it: little time, small answers, no redirects."""

from collections.abc import Mapping
from threading import BoundedSemaphore
from time import monotonic
from typing import TypeVar

import httpx
import orjson
from pydantic import TypeAdapter, ValidationError

from gough.domain.errors import GoughError, Refused, Unavailable

TIMEOUT = httpx.Timeout(5, connect=3)
LONGEST_SECONDS = 10.0  # for a whole answer, however steadily it drips
LARGEST = 512 * 1024
EXCERPT = 200
AT_ONCE = 16  # a provider that hangs must not hold every thread that answers requests
CHECK = "Check GOUGH_OIDC_ISSUER and the network between Gough and the provider; `gough doctor` asks it."

Answer = TypeVar("Answer")


class ProviderHttp:
    """`name`: of the provider, as people know it. Safe to share between threads."""

    def __init__(self, name: str, transport: httpx.BaseTransport, *, https_only: bool) -> None:
        self._name, self._https_only = name, https_only
        self._places = BoundedSemaphore(AT_ONCE)
        self._client = httpx.Client(transport=transport, timeout=TIMEOUT, headers={"Accept": "application/json"})

    def get(self, url: str, answer: TypeAdapter[Answer], *, bearer: str = "") -> Answer:
        return self._parsed(url, "GET", answer, {"Authorization": f"Bearer {bearer}"} if bearer else {})

    def post(self, url: str, answer: TypeAdapter[Answer], *, body: str, headers: Mapping[str, str]) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._parsed(url, "POST", answer, {**headers, **kind}, body.encode())

    def require_safe(self, url: str) -> str:
        """The address itself. Raises Refused for one that would be asked, or opened by a browser, in the clear."""
        allowed = ("https://",) if self._https_only else ("https://", "http://")
        if not url.startswith(allowed):
            raise Refused(self._name, f"it names {url[:EXCERPT]!r}, which is not https.", hint=CHECK)
        return url

    def _parsed(
        self, url: str, method: str, answer: TypeAdapter[Answer], headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        if not self._places.acquire(blocking=False):
            raise self._unavailable("it is slow, and enough are waiting for it.")
        try:
            status, content = self._sent(self.require_safe(url), method, headers, body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unavailable(f"no answer from {url}: {str(error) or type(error).__name__}") from error
        finally:
            self._places.release()
        if status != httpx.codes.OK:
            raise self._no(url, status, content)
        try:
            return answer.validate_json(content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the whole"
            raise Refused(self._name, f"unusable answer from {url}: {where}: {first['msg']}", hint=CHECK) from None

    def _sent(self, url: str, method: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        until = monotonic() + LONGEST_SECONDS
        content = bytearray()
        with self._client.stream(method, url, headers=dict(headers), content=body) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > LARGEST:
                    raise self._unavailable(f"{url} answers more than {LARGEST // 1024} KiB.")
                if monotonic() > until:
                    raise self._unavailable(f"{url} takes longer than {LONGEST_SECONDS:g} s to answer.")
        return response.status_code, bytes(content)

    def _no(self, url: str, status: int, content: bytes) -> GoughError:
        if status >= 500 or status in (408, 429):
            return self._unavailable(f"{url} answered {status}.")
        if 300 <= status < 400:
            return Refused(self._name, f"{url} redirects, which Gough does not follow.", hint=CHECK)
        return Refused(self._name, f"{url} answered {status}: {_words(content)}", hint=CHECK)

    def _unavailable(self, said: str) -> Unavailable:
        return Unavailable(self._name, said, hint="Try again. If it lasts, check the provider and the network.")


def _words(content: bytes) -> str:
    """What OAuth's error bodies say, and nothing of any other body: it may quote what it was sent."""
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return "no explanation"
    parts = (said.get("error"), said.get("error_description")) if isinstance(said, dict) else ()
    return plain(": ".join(part for part in parts if isinstance(part, str))) or "no explanation"


def plain(text: str) -> str:
    """Somebody else's words, short and printable."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:EXCERPT]
