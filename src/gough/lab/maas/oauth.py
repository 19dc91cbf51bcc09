"""The region's side of OAuth 1.0 PLAINTEXT, with MAAS's checks in MAAS's order and words."""

import re
import secrets
from collections.abc import Callable
from urllib.parse import unquote

from gough.lab.maas.wire import unauthorized

THRESHOLD = 300  # seconds a timestamp may be old; one in the future is taken
_FIELD = re.compile(r'(\w+)="([^"]*)"')
_NEEDED = ("consumer_key", "token", "signature_method", "signature", "timestamp", "nonce")


class ApiKeys:
    """One user's key. `authenticate` is guarded by the region's lock, for the nonces."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._consumer = secrets.token_hex(9)
        self._token = secrets.token_hex(9)
        self._secret = secrets.token_hex(16)
        self._nonces: dict[str, float] = {}

    @property
    def api_key(self) -> str:
        return f"{self._consumer}:{self._token}:{self._secret}"

    def authenticate(self, header: str | None) -> bool:
        """False for an anonymous request, which an incomplete signature also is. Refusal when it is wrong."""
        fields = _parse(header or "")
        if any(f"oauth_{name}" not in fields for name in _NEEDED):
            return False
        if fields["oauth_consumer_key"] != self._consumer:
            raise unauthorized("Invalid API key.")
        if fields["oauth_token"] != self._token:
            raise _oauth_error(f"Invalid access token: {fields['oauth_token']}")
        self._check_timestamp(fields["oauth_timestamp"])
        self._check_nonce(fields["oauth_nonce"])
        method = fields["oauth_signature_method"]
        if method.upper() not in {"PLAINTEXT", "HMAC-SHA1"}:
            raise _oauth_error(
                f"Signature method {method} not supported try one of the following: PLAINTEXT, HMAC-SHA1"
            )
        expected = f"&{self._secret}"
        if not secrets.compare_digest(unquote(fields["oauth_signature"]).encode(), expected.encode()):
            raise _oauth_error(f"Invalid signature. Expected signature base string: {expected}")  # as MAAS does
        return True

    def _check_timestamp(self, given: str) -> None:
        if not given.isdecimal():
            raise _oauth_error(f"Invalid timestamp: {given}")
        now = int(self._clock())
        if now - int(given) > THRESHOLD:
            difference = f"given {int(given)} and now {now} has a greater difference than threshold {THRESHOLD}"
            raise _oauth_error(f"Expired timestamp: {difference}")

    def _check_nonce(self, nonce: str) -> None:
        now = self._clock()
        if nonce in self._nonces:
            raise _oauth_error(f"Nonce already used: {nonce}")
        self._nonces[nonce] = now
        if len(self._nonces) % 10_000 == 0:  # older ones are refused by their timestamp
            self._nonces = {seen: at for seen, at in self._nonces.items() if now - at < 2 * THRESHOLD}


def _parse(header: str) -> dict[str, str]:
    """The fields of `OAuth a="…", b="…"`, decoded once; empty for any other scheme."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    return {name: unquote(value) for name, value in _FIELD.findall(rest)}


def _oauth_error(words: str) -> Exception:
    return unauthorized(f"'{words}'")
