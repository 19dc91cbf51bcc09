"""Keeping the leases of the jobs that this process is moving, while a step takes long."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Lock, Thread

import structlog

from gough.domain.errors import GoughError, LeaseLost
from gough.services.context import Use
from gough.services.workflow.advance import advance
from gough.services.workflow.claim import Claim, claim_due

log = structlog.get_logger()


class Mover:
    """Claims jobs and moves them. A dead process's leases end by themselves; a living one's are renewed here."""

    def __init__(self, use: Use) -> None:
        self._use = use
        self._lease = timedelta(seconds=use.settings.lease_seconds)
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._claims: set[Claim] = set()
        self._lock = Lock()
        self._stopped = Event()
        self._keeper = Thread(target=self._keep, name="lease-keeper", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def stop(self, patience: float = 10.0) -> None:
        self._stopped.set()
        if self._keeper.is_alive():
            self._keeper.join(patience)

    def move(self, job_id: str | None = None, *, queue: str | None = None) -> bool:
        """Move the most urgent job that is due, of one queue or of all, or this very one. Whether there was one."""
        claim = claim_due(self._use.database, owner=self._owner, lease=self._lease, job_id=job_id, queue=queue)
        if claim is None:
            return False
        with self._kept(claim):
            advance(self._use, claim)
        return True

    @contextmanager
    def _kept(self, claim: Claim) -> Iterator[None]:
        with self._lock:
            self._claims.add(claim)
        try:
            yield
        finally:
            with self._lock:
                self._claims.discard(claim)

    def _keep(self) -> None:
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
