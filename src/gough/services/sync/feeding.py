"""The feed of MAAS's own pages, where its credentials are given: it only says which machine to read now.

It is internal to MAAS and undocumented, so nothing depends on it: polls go on at their pace, and whatever goes wrong
here is shown and tried again later, a little more seldom each time.
"""

from threading import Lock, Thread

import structlog

from gough.domain.errors import GoughError
from gough.persistence.models import Region
from gough.ports import Feed
from gough.services.context import Use
from gough.services.sync.visit import set_region
from gough.services.waking import Bell

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds before the connection is tried again
LISTEN_SECONDS = 30.0


class FeedReader:
    """Collects the machines that a feed names. A thread of its own reads; `keep_open` starts it when that is due."""

    def __init__(self, use: Use, region_id: str, bell: Bell) -> None:
        self._use, self._region_id, self._bell = use, region_id, bell
        self._lock = Lock()
        self._noticed: dict[str, None] = {}
        self._feed: Feed | None = None
        self._thread: Thread | None = None
        self._closed = False
        self._pause, self._not_before = FIRST_PAUSE, 0.0

    @property
    def has_notices(self) -> bool:
        return bool(self._noticed)

    def take(self) -> list[str]:
        """The machines noticed since the last call, oldest first; they are forgotten here."""
        with self._lock:
            taken, self._noticed = list(self._noticed), {}
        return taken

    def keep_open(self) -> None:
        """Connect where credentials are given, no connection is open, and the last failure is long enough ago."""
        if self._thread is not None and self._thread.is_alive():
            return
        if self._use.timer() < self._not_before or self._use.open_feed is None:
            return
        with self._use.database.read() as session:
            region = session.get(Region, self._region_id)
        if region is None or not region.feed_username or region.feed_password_sealed is None:
            return
        self._thread = Thread(target=self._run, args=(region,), name=f"feed-{region.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with self._lock:
            self._closed, feed = True, self._feed
        if feed is not None:
            feed.close()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self, region: Region) -> None:
        try:
            self._read(region)
        except GoughError as error:
            if not self._closed:
                self._failed(error)
        except Exception as error:  # an undocumented interface may surprise anybody
            log.exception("feed failed", region=region.name)
            self._say("down", f"{type(error).__name__}; the log has more")
            self._wait_longer()

    def _read(self, region: Region) -> None:
        password = self._use.sealer.open_text(region.feed_password_sealed or "")
        assert self._use.open_feed is not None
        feed = self._use.open_feed(region.url, region.feed_username, password)
        with self._lock:
            self._feed = feed
            if self._closed:
                feed.close()
                return
        try:
            self._say("live", "")
            self._pause = FIRST_PAUSE
            while not self._closed:
                notice = feed.next(LISTEN_SECONDS)
                if notice is not None:
                    with self._lock:
                        self._noticed[notice.system_id] = None
                    self._bell.wake()
        finally:
            feed.close()

    def _failed(self, error: GoughError) -> None:
        log.warning("feed lost", region=self._region_id, error=str(error))
        self._say("down" if error.retryable else "refused", f"{error} {error.hint}")
        self._wait_longer()

    def _wait_longer(self) -> None:
        self._not_before = self._use.timer() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _say(self, state: str, reason: str) -> None:
        try:
            set_region(self._use, self._region_id, feed_state=state, feed_reason=reason)
        except GoughError as error:
            log.warning("state of the feed not stored", region=self._region_id, error=str(error))
