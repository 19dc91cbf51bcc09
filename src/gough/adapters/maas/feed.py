"""The websocket that MAAS's own pages learn of changes by: within about a second, renames and tags included.

Internal to MAAS and undocumented, so Gough uses it only to be faster; REST stays what it relies on. Any surprise ends
the connection with Unavailable. What a connection is told of, and what that costs the region, is in `feed_listing`.
"""

import logging
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from gough.adapters.maas.errors import SYSTEM, unreachable
from gough.adapters.maas.feed_frames import Page, read
from gough.adapters.maas.feed_listing import AGAIN, Listing
from gough.adapters.maas.feed_login import HINT, Session, hider, log_in, pages_root
from gough.adapters.outbound import connected
from gough.domain.errors import GoughError, Refused, Unavailable
from gough.ports import MachineNotice

OPENING, CLOSING = 10, 2  # seconds for either handshake
FIRST_ANSWER = 75.0  # seconds; a region that serves somebody's long list answers after it
PING_EVERY, PONG_WITHIN = 20, 60  # seconds: a connection that died silently is found out after at most their sum
LONGEST_FRAME = 8 * 2**20  # bytes; a page of machines has about 90,000
WAITING = 4096  # frames received but not asked for; more wait in the region

_OPENING_ERRORS = (OSError, WebSocketException, ValueError, ImportError)  # the last two: a proxy that it cannot use
# The library logs headers, cookies among them, at DEBUG: this logger is nobody's and says nothing.
_NOWHERE = logging.Logger(__name__, logging.CRITICAL + 1)


def open_feed(
    url: str, username: str, password: str, *, list_again: float = AGAIN, loopback: bool = True
) -> "MaasFeed":
    """Log in, connect, and list the first machines to see that it works. Refused, Unavailable or Misconfigured.

    `list_again` is the pause between two looks for new machines, in seconds; `loopback` is as in `connect`.
    """
    pages = pages_root(url)
    tls = httpx.create_ssl_context()
    session = log_in(pages, tls, username, password, loopback=loopback)
    hide = hider(password, session.session_id, session.csrf_token)
    feed = MaasFeed(_connected(pages, tls, session, hide, loopback=loopback), Listing(list_again), hide)
    try:
        feed.start()
    except GoughError:
        feed.close()
        raise
    return feed


class MaasFeed:
    """An open connection, as `gough.ports.Feed` describes it."""

    def __init__(self, connection: ClientConnection, listing: Listing, hide: Callable[[str], str]) -> None:
        self._connection = connection
        self._listing = listing
        self._hide = hide
        self._notices: deque[MachineNotice] = deque()

    @property
    def complete(self) -> bool:
        """Whether every page was listed once: from then on the changes of every machine are told."""
        return self._listing.complete

    def start(self, within: float = FIRST_ANSWER) -> None:
        until = time.monotonic() + within
        while not self._listing.started:
            if time.monotonic() >= until:
                raise Unavailable(SYSTEM, f"its websocket did not list the machines within {within:g} s.")
            self._list_more()
            self._read(until)

    def next(self, timeout: float) -> MachineNotice | None:
        until = time.monotonic() + timeout
        while not self._notices:
            self._list_more()
            self._read(min(until, self._listing.due))
            if not self._notices and time.monotonic() >= until:
                return None
        return self._notices.popleft()

    def close(self) -> None:
        self._connection.close()

    def _list_more(self) -> None:
        if time.monotonic() < self._listing.due:
            return
        try:
            self._connection.send(self._listing.request())
        except (OSError, WebSocketException) as error:
            raise self._over(error) from error

    def _read(self, until: float) -> None:
        """Takes one frame, if one comes in time."""
        try:
            frame = self._connection.recv(max(0.0, until - time.monotonic()), decode=False)
        except TimeoutError:
            return
        except (OSError, WebSocketException) as error:
            raise self._over(error) from error
        try:
            found = read(frame)
        except Unavailable:
            self.close()
            raise
        if isinstance(found, Page):
            self._notices.extend(self._listing.took(found))
        elif found is not None:
            self._listing.heard(found)
            self._notices.append(found)

    def _over(self, error: Exception) -> Unavailable:
        said = self._hide(str(error)) if isinstance(error, ConnectionClosed) else type(error).__name__
        return Unavailable(SYSTEM, f"its websocket is closed: {said}.")


def _connected(
    pages: httpx.URL, tls: ssl.SSLContext, session: Session, hide: Callable[[str], str], *, loopback: bool
) -> ClientConnection:
    secure = pages.scheme == "https"
    address = pages.join("ws").copy_with(scheme="wss" if secure else "ws")
    try:
        # Entered and never left: `MaasFeed.close` closes it.
        return ExitStack().enter_context(
            connect(
                str(address.copy_with(params={"csrftoken": session.csrf_token})),
                sock=connected(address, loopback=loopback, within=OPENING),
                ssl=tls if secure else None,
                origin=Origin(f"{pages.scheme}://{pages.netloc.decode()}"),
                additional_headers={"Cookie": session.cookies},
                compression=None,
                open_timeout=OPENING,
                close_timeout=CLOSING,
                ping_interval=PING_EVERY,
                ping_timeout=PONG_WITHIN,
                max_size=LONGEST_FRAME,
                max_queue=WAITING,
                logger=_NOWHERE,
            )
        )
    except InvalidStatus as error:
        raise _rejected(address, error.response.status_code) from error
    except httpx.TransportError as error:
        raise unreachable(error, str(address), hide) from error
    except _OPENING_ERRORS as error:
        said = hide(str(error)) or type(error).__name__
        raise Unavailable(SYSTEM, f"no websocket at {address}: {said}") from None  # its text can carry the token


def _rejected(address: httpx.URL, status: int) -> Refused | Unavailable:
    if status in {401, 403}:
        return Refused(SYSTEM, f"the websocket at {address} is not for this user ({status}).", hint=HINT)
    hint = "Check that no proxy in front of the region holds websockets back; Gough goes on without it."
    return Unavailable(SYSTEM, f"no websocket at {address}: it answered {status}.", hint=hint)
