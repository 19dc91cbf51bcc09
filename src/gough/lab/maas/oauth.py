"""The region's side of OAuth 1.0 PLAINTEXT, with MAAS's checks in MAAS's order and words."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from gough.lab.maas.users import User
from gough.lab.maas.wire import unauthorized

THRESHOLD = 300  # seconds a timestamp may be old; one in the future is taken
CONSUMER = "MAAS consumer"  # a key's name, if nobody gives it one
_FIELD = re.compile(r'(\w+)="([^"]*)"')
_NEEDED = ("consumer_key", "token", "signature_method", "signature", "timestamp", "nonce")


@dataclass(frozen=True, slots=True)
class Key:
    consumer: str
    token: str
    secret: str
    user: User
    name: str

    @property
    def text(self) -> str:
        return f"{self.consumer}:{self.token}:{self.secret}"


class ApiKeys:
    """The users and their keys. Guarded by the region's lock. A key that does not exist raises KeyError."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._keys: dict[str, Key] = {}  # by consumer
        self._users: dict[User, None] = {}
        self._nonces: dict[str, float] = {}

    def add(self, user: User, name: str = CONSUMER) -> Key:
        """A new key; whoever has one is a user from then on."""
        key = Key(secrets.token_hex(9), secrets.token_hex(9), secrets.token_hex(16), user, name)
        self._keys[key.consumer] = key
        self._users[user] = None
        return key

    def of(self, user: User) -> list[Key]:
        """Oldest first."""
        return [key for key in self._keys.values() if key.user == user]

    def find(self, user: User, token: str) -> Key:
        """The user's own key by its token."""
        found = {key.token: key for key in self.of(user)}
        return found[token]

    def rename(self, key: Key, name: str) -> None:
        self._keys[key.consumer] = replace(key, name=name)

    def revoke(self, api_key: str) -> None:
        del self._keys[api_key.partition(":")[0]]

    def users(self) -> list[User]:
        return list(self._users)

    def authenticate(self, header: str | None) -> User | None:
        """None for an anonymous request, which an incomplete signature also is. Refusal when it is wrong."""
        fields = _parse(header or "")
        if any(f"oauth_{name}" not in fields for name in _NEEDED):
            return None
        key = self._keys.get(fields["oauth_consumer_key"])
        if key is None:
            raise unauthorized("Invalid API key.")
        if fields["oauth_token"] != key.token:
            raise _oauth_error(f"Invalid access token: {fields['oauth_token']}")
        self._check_timestamp(fields["oauth_timestamp"])
        self._check_nonce(fields["oauth_nonce"])
        method = fields["oauth_signature_method"]
        if method.upper() not in {"PLAINTEXT", "HMAC-SHA1"}:
            raise _oauth_error(
                f"Signature method {method} not supported try one of the following: PLAINTEXT, HMAC-SHA1"
            )
        expected = f"&{key.secret}"
        if not secrets.compare_digest(unquote(fields["oauth_signature"]).encode(), expected.encode()):
            raise _oauth_error(f"Invalid signature. Expected signature base string: {expected}")  # as MAAS does
        return key.user

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
