"""A thread for each region, so that a slow one holds up no other. Regions that are added later get theirs too."""

from threading import Event, Thread

import structlog

from gough.domain.errors import GoughError
from gough.services import regions, sync
from gough.services.context import Use
from gough.services.turns import turn
from gough.services.waking import Bell

log = structlog.get_logger()

LOOK_SECONDS = 2.0  # how soon a new region is noticed, and how soon another process's turn is looked at again


class Followers:
    """Follows every region until it is stopped; of several processes, one follows a region at a time."""

    def __init__(self, use: Use) -> None:
        self._use = use
        self._stopped = Event()
        self._wanted: frozenset[str] = frozenset()
        self._bells: dict[str, Bell] = {}
        self._threads: dict[str, Thread] = {}
        self._supervisor = Thread(target=self._supervise, name="followers", daemon=True)

    def start(self) -> None:
        self._supervisor.start()

    def stop(self, patience: float = 10.0) -> None:
        self._stopped.set()
        self._supervisor.join(patience)
        for bell in self._bells.values():
            bell.wake()
        for thread in self._threads.values():
            thread.join(patience)

    def _supervise(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._use.database.read() as session:
                    wanted = [region.id for region in regions.listed(session)]
                self._wanted = frozenset(wanted)
                for region_id in wanted:
                    self._ensure(region_id)
            except GoughError as error:
                log.warning("regions not listed", error=str(error))
            self._stopped.wait(LOOK_SECONDS)

    def _ensure(self, region_id: str) -> None:
        thread = self._threads.get(region_id)
        if thread is not None and thread.is_alive():
            return
        bell = self._bells.setdefault(region_id, Bell())
        self._threads[region_id] = Thread(
            target=self._follow, args=(region_id, bell), name=f"follow-{region_id}", daemon=True
        )
        self._threads[region_id].start()

    def _follow(self, region_id: str, bell: Bell) -> None:
        """Ends when stopped, with its region, or by a surprise; then the supervisor starts another."""
        while not self._stopped.is_set() and region_id in self._wanted:
            try:
                with turn(self._use, region_id, on_loss=bell.wake) as lost:
                    if lost is not None:
                        sync.follow(self._use, region_id, lambda: self._stopped.is_set() or lost.is_set(), bell)
            except GoughError as error:
                log.warning("region not followed", region=region_id, error=str(error))
            except Exception:
                log.exception("following failed", region=region_id)
            self._stopped.wait(LOOK_SECONDS)
