"""One request to a MAAS region and what may go wrong with it. Knows no operation of MAAS's."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from gough.adapters.maas.capped import CappedTransport, Endless
from gough.adapters.maas.errors import translate, unreachable, unreadable
from gough.adapters.maas.oauth import OAuthPlaintext
from gough.domain.errors import Misconfigured, Unavailable

TIMEOUT = httpx.Timeout(75, connect=10)  # a BMC that never answers makes MAAS wait for 60 s before it says so
PAUSES = (0.25, 1.0)  # seconds before the second and the third try of a GET
WORTH_ANOTHER_TRY = frozenset({502, 503, 504})
EXCERPT = 60

Answer = TypeVar("Answer")
Params = Mapping[str, str | Sequence[str]]
Form = Mapping[str, str | Sequence[str]]  # a list becomes a repeated field, as MAAS wants it


class _Secret(BaseModel):
    """A value that is passed over: without fields, nothing of it becomes a Python object."""


KEYS = TypeAdapter(dict[str, _Secret])


class RegionHttp:
    """Safe to share between threads, as httpx.Client is. `timer` gives seconds that only grow."""

    def __init__(
        self,
        url: str,
        auth: OAuthPlaintext,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
        timer: Callable[[], float],
    ) -> None:
        self._auth = auth
        self._sleep = sleep
        self.url = api_root(url)
        capped = CappedTransport(transport or httpx.HTTPTransport(), timer)
        self._client = httpx.Client(base_url=self.url, auth=auth, timeout=TIMEOUT, transport=capped)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, answer: TypeAdapter[Answer], params: Params | None = None) -> Answer:
        return self._parsed(self._get(path, params), answer)

    def get_once(self, path: str, answer: TypeAdapter[Answer], params: Params | None = None) -> Answer:
        """For what MAAS itself tried long enough before it answered: a repetition would wait as long again."""
        return self._parsed(self._checked(self._send("GET", path, params)), answer)

    def get_keys(self, path: str, params: Params) -> frozenset[str]:
        """Only the names of a JSON object: its values are secrets, so they are not quoted, logged or kept."""
        return self.keys_of(self._get(path, params))

    def keys_of(self, response: httpx.Response) -> frozenset[str]:
        keys = _keys(response.content)
        if keys is None:
            raise unreadable(response, "not a JSON object of objects")
        return keys

    def get_bytes(self, path: str, params: Params | None = None) -> bytes:
        """An answer that is not JSON: BSON, YAML, text."""
        return self._get(path, params).content

    def post(self, path: str, answer: TypeAdapter[Answer], params: Params, form: Form) -> Answer:
        """Never repeated: MAAS may have done it although the answer got lost."""
        return self._parsed(self._checked(self._send("POST", path, params, form)), answer)

    def post_plain(self, path: str, params: Params, form: Form) -> None:
        """For operations that answer nothing, or a word of plain text."""
        self._checked(self._send("POST", path, params, form))

    def put(self, path: str, answer: TypeAdapter[Answer], form: Form) -> Answer:
        """Not repeated either: the second try could undo what somebody changed in between."""
        return self._parsed(self._checked(self._send("PUT", path, None, form)), answer)

    def delete(self, path: str) -> None:
        self._checked(self._send("DELETE", path, None))

    def _get(self, path: str, params: Params | None) -> httpx.Response:
        for pause in PAUSES:
            response = self._tried(path, params)
            if response is not None:
                return self._checked(response)
            self._sleep(pause)
        return self._checked(self._send("GET", path, params))

    def _tried(self, path: str, params: Params | None) -> httpx.Response | None:
        """None where another try may help."""
        try:
            response = self._send("GET", path, params)
        except Endless:
            raise
        except Unavailable:
            return None
        return None if response.status_code in WORTH_ANOTHER_TRY else response

    def _send(self, method: str, path: str, params: Params | None, form: Form | None = None) -> httpx.Response:
        try:
            return self._client.request(method, path, params=params, data=form)
        except httpx.HTTPError as error:
            raise unreachable(error, self.url, self._auth.redact) from error

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        raise translate(response, self._auth.redact)

    def _parsed(self, response: httpx.Response, answer: TypeAdapter[Answer]) -> Answer:
        try:
            # Straight from the bytes: of a machine's 40 KB only the fields we read become Python objects.
            return answer.validate_json(response.content)
        except ValidationError as error:
            if error.errors(include_input=False, include_url=False)[0]["type"] == "json_invalid":
                start = self._auth.redact(" ".join(response.text.split())[:EXCERPT])
                raise unreadable(response, "not JSON", start) from error
            raise unreadable(response, _first_mismatch(error)) from error


def api_root(url: str) -> str:
    """`http://maas:5240/MAAS/api/2.0/` from the setting, with or without trailing slash. Misconfigured otherwise."""
    hint = "MAAS_URL looks like http://maas.example:5240/MAAS/."
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL as error:
        raise Misconfigured(f"MAAS_URL is not a URL: {error}", hint=hint) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Misconfigured("MAAS_URL is not an http or https URL with a host.", hint=hint)
    path = parsed.path.rstrip("/").removesuffix("/api/2.0")
    return str(parsed.copy_with(path=f"{path}/api/2.0/", query=None, fragment=None, username="", password=""))


def _keys(content: bytes) -> frozenset[str] | None:
    """None when it is not a JSON object of objects. The error is dropped on purpose: it carries the document."""
    try:
        return frozenset(KEYS.validate_json(content))
    except ValidationError:
        return None


def _first_mismatch(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where or 'the whole'} {first['msg'][0].lower()}{first['msg'][1:]}"
