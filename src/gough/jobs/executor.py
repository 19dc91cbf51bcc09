"""The in-process executor: a few threads that claim due jobs.

The database is the truth. This only wakes up: killed at any moment, it loses nothing, because an unfinished job is
due again when its lease ends.
"""

from threading import Event, Thread

import structlog

from gough.domain.errors import GoughError
from gough.jobs.leases import Mover
from gough.services.context import Use
from gough.services.waking import Bell
from gough.services.workflow.claim import seconds_until_due
from gough.services.workflow.queues import ANSIBLE, DEFAULT

log = structlog.get_logger()

NAMES = {None: "worker", DEFAULT: "worker", ANSIBLE: "player"}  # of threads
LONGEST_SLEEP = 1.0  # seconds; another process may have made a job without being able to wake us
PAUSE_AFTER_ERROR = 1.0


class Executor:
    """Moves jobs until it is stopped."""

    def __init__(self, use: Use, bell: Bell) -> None:
        self._use, self._bell = use, bell
        self._mover = Mover(use)
        self._stopped = Event()
        settings = use.settings
        counts: dict[str | None, int] = {DEFAULT: settings.worker_threads, ANSIBLE: settings.ansible_parallel}
        if not settings.ansible:  # what somebody began who had it switched on comes to its end all the same
            counts = {None: settings.worker_threads}
        self._threads = [
            Thread(target=self._work, args=(queue,), name=f"{NAMES[queue]}-{n}", daemon=True)
            for queue, count in counts.items()
            for n in range(count)
        ]

    def start(self) -> None:
        self._mover.start()
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """Finish the steps at hand, take no more."""
        self._stopped.set()
        self._bell.wake()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(patience)
        self._mover.stop(patience)

    def run_due(self) -> int:
        """Move everything that is due now, in this thread; how many jobs that were. For tests and the CLI."""
        moved = 0
        while self._mover.move():
            moved += 1
        return moved

    def run_one(self) -> bool:
        """Move one due job. Whether there was one."""
        return self._mover.move()

    def _work(self, queue: str | None) -> None:
        while not self._stopped.is_set():
            heard = self._bell.rings
            try:
                if self._mover.move(queue=queue):
                    continue
                due = seconds_until_due(self._use.database, queue)
            except GoughError as error:
                log.warning("worker pauses", error=str(error))
                due = PAUSE_AFTER_ERROR
            except Exception:
                log.exception("worker failed")
                due = PAUSE_AFTER_ERROR
            self._bell.wait(min(LONGEST_SLEEP, LONGEST_SLEEP if due is None else due + 0.01), heard=heard)
