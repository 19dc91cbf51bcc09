"""How often one caller may ask, with the headers that tell it (draft-ietf-httpapi-ratelimit-headers)."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from math import ceil
from time import monotonic, time
from typing import TYPE_CHECKING

import structlog
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage

from gough.config import Settings
from gough.domain.permissions import Permission
from gough.services.secrets import hash_secret
from gough.web.declaration import Open, Operation
from gough.web.message import Request
from gough.web.problem import Fault

if TYPE_CHECKING:
    from gough.web.message import Headers

log = structlog.get_logger()

SECONDS = 60
REDIS_SECONDS = 1
REST_SECONDS = 10
Whose = Callable[[Request], str]


@dataclass(frozen=True, slots=True)
class Policy:
    """So many requests a minute from whoever `whose` names. 0: any number."""

    name: str
    most: Callable[[Settings], int]
    whose: Whose


def network_of(address: str) -> str:
    """Whoever has an IPv6 address has 2**64 of them."""
    if ":" not in address:
        return address
    return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))


def _address(request: Request) -> str:
    return network_of(request.address)


def _caller(request: Request) -> str:
    return f"caller {request.caller.name}" if request.caller else f"address {_address(request)}"


def _path(request: Request) -> str:
    """An agent, a token: the path names it. Hashed, for a token is a secret."""
    return hash_secret(request.path)


def _heartbeats(settings: Settings) -> int:
    """Twice what an agent sends, and room for those that were kept while the server was away."""
    return max(60, ceil(2 * SECONDS / settings.agent_interval_seconds))


CALLER = Policy("caller", lambda settings: settings.rate_limit, _caller)
PUBLIC = Policy("public", lambda settings: settings.rate_limit, _address)
SIGN_IN = Policy("sign-in", lambda _: 60, _address)  # a name's own back-off is far stricter
SET_UP = Policy("set-up", lambda _: 20, _address)
ENROL = Policy("enrol", lambda _: 600, _address)  # a rack behind one address enrols at once
TOKEN = Policy("token", lambda _: 120, _address)
REPORTS = Policy("reports", lambda _: 1200, _path)
HEARTBEATS = Policy("heartbeats", _heartbeats, _path)

STRICTER: Mapping[tuple[str, str], Policy] = {
    ("POST", "/login"): SIGN_IN,
    ("POST", "/login/code"): SIGN_IN,
    ("GET", "/login/oidc"): SIGN_IN,
    ("GET", "/login/oidc/callback"): SIGN_IN,
    ("POST", "/setup"): SET_UP,
    ("POST", "/reset"): SET_UP,
    ("POST", "/api/v1/agents/enroll"): ENROL,
    ("POST", "/api/v1/agents/<agent_id>/heartbeats"): HEARTBEATS,
    ("POST", "/api/v1/agents/<agent_id>/key"): HEARTBEATS,
    ("POST", "/api/v1/reports/cloud-init/<token>"): REPORTS,
    ("GET", "/adopt"): TOKEN,
}
SIGNING_IN = "/api/v1/auth/"
FREE = frozenset({"/healthz", "/readyz", "/static/<name>", "/favicon.ico"})


def policy_of(found: Operation) -> Policy | None:
    key = (found.method, found.path)
    if key in STRICTER:
        return STRICTER[key]
    if found.path in FREE:
        return None
    if found.guard is Open.AGENT:
        return HEARTBEATS
    if found.path.startswith(SIGNING_IN) and not isinstance(found.guard, Permission):
        return SIGN_IN
    return CALLER if isinstance(found.guard, Permission) else PUBLIC


class Rates:
    """Counts in Redis where there is one, so that all processes count together, else in this process.

    Where Redis does not answer nobody is refused: a limit is no reason to stand still.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._counts = _storage(settings)
        self._agents: Counter[str] = Counter()
        self._minute = 0
        self._rests_until = 0.0

    def count(self, found: Operation, request: Request) -> "Headers":
        """One request more; what to tell of the limit. Raises Fault 429."""
        policy = policy_of(found)
        most = policy.most(self._settings) if policy else 0
        if policy is None or not most or monotonic() < self._rests_until:
            return ()
        if policy is HEARTBEATS:
            return self._count_agent(request, most)
        key = f"gough/{policy.name}/{policy.whose(request)}"
        try:
            used = self._counts.incr(key, SECONDS)
            ends = self._counts.get_expiry(key)
        except StorageError as error:
            log.warning("rate limits are not counted", error=str(error.storage_error))
            self._rests_until = monotonic() + REST_SECONDS  # else every request would wait for it
            return ()
        left = max(1, ceil(ends - time()))
        headers = (
            ("RateLimit-Policy", f'"{policy.name}";q={most};w={SECONDS}'),
            ("RateLimit", f'"{policy.name}";r={max(0, most - used)};t={left}'),
        )
        if used <= most:
            return headers
        raise Fault(
            429, "TOO_MANY_REQUESTS", f"More than {most} requests in a minute.", hint=f"Go on in {left} s.",
            headers=(*headers, ("Retry-After", str(left))),
        )  # fmt: skip

    def _count_agent(self, request: Request, most: int) -> "Headers":
        """In this process alone: a thousand a second are not worth a question to Redis each."""
        minute, second = divmod(int(time()), SECONDS)
        if minute != self._minute:
            self._minute, self._agents = minute, Counter()
        self._agents[request.path] += 1
        if self._agents[request.path] <= most:
            return ()
        left = SECONDS - second
        raise Fault(
            429, "TOO_MANY_REQUESTS", f"More than {most} heartbeats in a minute.", hint=f"Go on in {left} s.",
            headers=(("Retry-After", str(left)),),
        )  # fmt: skip


def _storage(settings: Settings) -> Storage:
    if settings.redis_url is None:
        return MemoryStorage(wrap_exceptions=True)
    return RedisStorage(
        settings.redis_url.get_secret_value(), wrap_exceptions=True, socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )  # fmt: skip
