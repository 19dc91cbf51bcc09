"""OAuth 1.0 PLAINTEXT as MAAS wants it: an empty consumer secret and a fresh nonce for every request."""

import re
import secrets
import time
from collections.abc import Callable, Generator
from urllib.parse import quote

import httpx

from gough.domain.errors import Misconfigured

# MAAS goes on: "has a greater difference than threshold 300" (seconds).
_EXPIRED = re.compile(r"Expired timestamp: given \d+ and now (\d+)")
_QUOTED_SIGNATURE = re.compile(r"(base string: *)[^\s']+")
_PARTS = 3
SHORTEST = 4  # MAAS makes parts of 18 and 32 characters
HIDDEN = "***"


class OAuthPlaintext(httpx.Auth):
    """Signs requests with an API key. Knows how far the region's clock is from ours, once it was told."""

    requires_response_body = True

    def __init__(self, api_key: str, *, clock: Callable[[], float] = time.time) -> None:
        parts = api_key.strip().split(":")
        if len(parts) != _PARTS or not all(parts):
            raise Misconfigured(
                "The MAAS API key does not have three parts (consumer:token:secret).",
                hint="Copy it whole from MAAS: your user, API keys; or `maas apikey --username NAME`.",
            )
        self._consumer, self._token, self._secret = parts
        self._clock = clock
        self._ahead = 0  # seconds by which the region's clock is ahead of ours

    def __repr__(self) -> str:
        return f"{type(self).__name__}({HIDDEN})"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign and send; when the region finds our clock slow, learn its time and send once more.

        Repeating is safe for every method: a request refused for its signature was not carried out.
        """
        self._sign(request)
        response = yield request
        if self._learn_clock(response):
            self._sign(request)
            yield request

    def redact(self, text: str) -> str:
        """Text that may be shown: MAAS's 401 quotes the secret it expected, the right one even when ours is wrong."""
        hidden = _QUOTED_SIGNATURE.sub(rf"\1{HIDDEN}", text)
        for secret in (self._secret, quote(self._secret, safe=""), self._token, self._consumer):
            if len(secret) < SHORTEST:
                continue  # hiding one letter everywhere would hide MAAS's words and no secret
            hidden = hidden.replace(secret, HIDDEN)
        return hidden

    def _sign(self, request: httpx.Request) -> None:
        fields = {
            "oauth_version": "1.0",
            "oauth_signature_method": "PLAINTEXT",
            "oauth_consumer_key": self._consumer,
            "oauth_token": self._token,
            "oauth_signature": f"&{quote(self._secret, safe='')}",
            "oauth_nonce": secrets.token_hex(16),
            "oauth_timestamp": str(int(self._clock()) + self._ahead),
        }
        signed = ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in fields.items())
        request.headers["Authorization"] = f"OAuth {signed}"

    def _learn_clock(self, response: httpx.Response) -> bool:
        told = _EXPIRED.search(response.text) if response.status_code == httpx.codes.UNAUTHORIZED else None
        if told is None:
            return False
        self._ahead = int(told[1]) - int(self._clock())
        return True
