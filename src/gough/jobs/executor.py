"""The in-process executor: a few threads that claim due jobs, and a keeper that renews their leases.

The database is the truth. This only wakes up: killed at any moment, it loses nothing, because an unfinished job is
due again when its lease ends.
"""

import os
import socket
from datetime import timedelta
from threading import Event, Lock, Thread

import structlog

from gough.domain.errors import GoughError, LeaseLost
from gough.services.context import Use
from gough.services.waking import Bell
from gough.services.workflow.advance import advance
from gough.services.workflow.claim import Claim, claim_due, seconds_until_due

log = structlog.get_logger()

LONGEST_SLEEP = 1.0  # seconds; another process may have made a job without being able to wake us
PAUSE_AFTER_ERROR = 1.0


class Executor:
    """Moves jobs until it is stopped."""

    def __init__(self, use: Use, bell: Bell) -> None:
        self._use, self._bell = use, bell
        self._lease = timedelta(seconds=use.settings.lease_seconds)
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._stopped = Event()
        self._claims: set[Claim] = set()
        self._lock = Lock()
        count = use.settings.worker_threads
        self._threads = [Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(count)]
        self._threads.append(Thread(target=self._keep_leases, name="lease-keeper", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """Finish the steps at hand, take no more."""
        self._stopped.set()
        self._bell.wake()
        for thread in self._threads:
            thread.join(patience)

    def run_due(self) -> int:
        """Move everything that is due now, in this thread; how many jobs that were. For tests and the CLI."""
        moved = 0
        while (claim := self._claim()) is not None:
            self._move(claim)
            moved += 1
        return moved

    def _work(self) -> None:
        while not self._stopped.is_set():
            heard = self._bell.rings
            try:
                if self.run_one():
                    continue
                due = seconds_until_due(self._use.database)
            except GoughError as error:
                log.warning("worker pauses", error=str(error))
                due = PAUSE_AFTER_ERROR
            except Exception:
                log.exception("worker failed")
                due = PAUSE_AFTER_ERROR
            self._bell.wait(min(LONGEST_SLEEP, LONGEST_SLEEP if due is None else due + 0.01), heard=heard)

    def run_one(self) -> bool:
        """Move one due job. Whether there was one."""
        claim = self._claim()
        if claim is None:
            return False
        self._move(claim)
        return True

    def _claim(self) -> Claim | None:
        return claim_due(self._use.database, owner=self._owner, lease=self._lease)

    def _move(self, claim: Claim) -> None:
        with self._lock:
            self._claims.add(claim)
        try:
            advance(self._use, claim)
        finally:
            with self._lock:
                self._claims.discard(claim)

    def _keep_leases(self) -> None:
        """A step that waits for a slow BMC keeps its lease; a dead process's leases end by themselves."""
        while not self._stopped.wait(self._lease.total_seconds() / 3):
            with self._lock:
                claims = list(self._claims)
            for claim in claims:
                self._renew(claim)

    def _renew(self, claim: Claim) -> None:
        try:
            claim.renew()
        except LeaseLost:
            with self._lock:
                self._claims.discard(claim)
        except GoughError as error:
            log.warning("lease not renewed", job=claim.job_id, error=str(error))
