"""What recurs: ordering the stream, noticing silent agents. One table; each duty has a thread.

Several processes may run them: each duty takes a lock or a turn in the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

import structlog

from gough.config import Settings
from gough.domain.errors import GoughError
from gough.services import agents, audit_chain, bulk, fleet_hosts, rollups, timeline
from gough.services.context import Use
from gough.services.workflow import queues

log = structlog.get_logger()


def _order_stream(use: Use) -> None:
    with use.database.read() as session:
        waiting = timeline.has_unplaced(session)
    if waiting:
        with use.database.write() as session:
            timeline.give_positions(session)


@dataclass(frozen=True, slots=True)
class Duty:
    """`every` gives the seconds between the end of one run and the start of the next."""

    name: str
    run: Callable[[Use], object]
    every: Callable[[Settings], float]


DUTIES = (
    Duty("order-stream", _order_stream, lambda _: 0.25),
    Duty("give-back-queued", queues.give_back, lambda _: 5.0),
    Duty("advance-bulk", bulk.advance_all, lambda _: 1.0),
    Duty("chain-audit", audit_chain.extend, lambda _: 1.0),
    Duty("retain-audit", audit_chain.retain, lambda _: 3600.0),
    Duty("watch-agents", agents.watch, lambda settings: max(1.0, settings.agent_interval_seconds / 4)),
    Duty("follow-fleet", fleet_hosts.poll_all, lambda settings: settings.fleet_poll_seconds),
    Duty("roll-up-metrics", rollups.roll_up, lambda _: 30.0),
    Duty("prune-metrics", rollups.prune, lambda _: 1.0),
)


class Duties:
    """Runs the table until it is stopped. A duty that fails is logged and runs again."""

    def __init__(self, use: Use) -> None:
        self._use = use
        self._stopped = Event()
        self._threads = [Thread(target=self._repeat, args=(duty,), name=duty.name, daemon=True) for duty in DUTIES]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 10.0) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(patience)

    def _repeat(self, duty: Duty) -> None:
        pause = duty.every(self._use.settings)
        while not self._stopped.is_set():
            try:
                duty.run(self._use)
            except GoughError as error:
                log.warning("duty failed", duty=duty.name, error=str(error))
            except Exception:
                log.exception("duty failed", duty=duty.name)
            self._stopped.wait(pause)
