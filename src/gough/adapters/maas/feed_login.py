"""Logging in where MAAS's own pages do: POST accounts/login/ with a user's name and password, for two cookies.

Each log-in leaves a session in the region, which ends by itself (after two weeks unless it is set otherwise), and an
audit event: keep a feed open rather than open many. A user who signs in elsewhere (Candid, RBAC) has no password here.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from gough.adapters.maas.errors import SYSTEM, translate, unreachable
from gough.adapters.maas.http import api_root
from gough.adapters.maas.oauth import HIDDEN
from gough.adapters.outbound import CheckedTransport
from gough.domain.errors import Refused, Unavailable

TIMEOUT = httpx.Timeout(75, connect=10)  # a region busy with a long list makes even a log-in wait
COOKIES = ("sessionid", "csrftoken")
REFUSALS = frozenset({400, 401, 403, 405})
HINT = "Check the user name and password given for this region's feed: they are those of MAAS's own pages."


@dataclass(frozen=True, slots=True)
class Session:
    """What a log-in gives: as good as the password while it lasts, so `repr` hides it."""

    session_id: str = field(repr=False)
    csrf_token: str = field(repr=False)

    @property
    def cookies(self) -> str:
        return f"sessionid={self.session_id}; csrftoken={self.csrf_token}"


def pages_root(url: str) -> httpx.URL:
    """`http://maas:5240/MAAS/`, from the same setting as the API's. Misconfigured when that is no URL."""
    return httpx.URL(api_root(url).removesuffix("api/2.0/"))


def hider(*secrets: str) -> Callable[[str], str]:
    def hide(text: str) -> str:
        for secret in filter(None, secrets):
            text = text.replace(secret, HIDDEN)
        return text

    return hide


def log_in(pages: httpx.URL, tls: ssl.SSLContext, username: str, password: str, *, loopback: bool) -> Session:
    """Raises Refused with MAAS's words, or Unavailable."""
    hide = hider(password)
    transport = CheckedTransport(httpx.HTTPTransport(verify=tls), loopback=loopback)
    try:
        with httpx.Client(transport=transport, timeout=TIMEOUT) as http:
            response = http.post(
                pages.join("accounts/login/"),
                data={"username": username, "password": password},
                headers={"Accept": "application/json"},  # otherwise it answers with a page for people
            )
    except httpx.HTTPError as error:
        raise unreachable(error, str(pages), hide) from error
    if not response.is_success:
        raise _refused(response, hide)
    session_id, csrf_token = (response.cookies.get(name) or "" for name in COOKIES)
    if not session_id or not csrf_token:
        raise Unavailable(SYSTEM, f"the log-in at {pages} gave no session, as if another product answered there.")
    return Session(session_id, csrf_token)


def _refused(response: httpx.Response, hide: Callable[[str], str]) -> Refused | Unavailable:
    said = str(translate(response, hide)).removeprefix(f"{SYSTEM}: ")
    if response.status_code in REFUSALS:
        return Refused(SYSTEM, f"the log-in for its feed was refused: {said}", hint=HINT)
    return Unavailable(SYSTEM, f"no log-in for its feed: {response.status_code} {said}")
