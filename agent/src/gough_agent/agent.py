"""The loop: enrol if need be, then a heartbeat at each interval, until told to stop or released."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from gough_agent.backoff import Backoff, spread
from gough_agent.clock import skew_seconds, timestamp
from gough_agent.config import MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS, Config
from gough_agent.enrolment import enrol, known_identity
from gough_agent.errors import Refused, Unreachable
from gough_agent.heartbeat import observe
from gough_agent.log import Log
from gough_agent.sequence import Sequence
from gough_agent.state import Store
from gough_agent.transport import Transport


class Waiter(Protocol):
    """A threading.Event is one."""

    def wait(self, timeout: float) -> bool:
        """Wait that many seconds, or until told to stop; True means stop."""
        ...


class Pending(NamedTuple):
    message: dict[str, Any]
    collected: float  # on the monotonic clock


class Agent:
    """Nothing is read or sent before `run`. Raises ConfigInvalid when it can neither report nor enrol."""

    def __init__(
        self, config: Config, store: Store, waiter: Waiter, log: Log, clock: Callable[[], float] = time.monotonic
    ) -> None:
        for secret in (config.enrolment_token, config.api_key, store.state.key):
            log.hide(secret)
        self._config, self._store, self._waiter, self._log, self._clock = config, store, waiter, log, clock
        self._transport = Transport(config.server_url, config.ca_file)
        self._identity = known_identity(config, store)
        self._sequence = Sequence(store)
        self._interval = config.interval_seconds
        self._backoff = Backoff()
        self._pending: Pending | None = None
        self._skew: float | None = None

    def run(self) -> None:
        """Returns when told to stop, or when the machine was released."""
        wait = 0.0
        try:
            while not self._waiter.wait(wait):
                try:
                    wait = self._step()
                except Refused as refusal:
                    self._note(refusal.status, str(refusal))
                    if refusal.released:
                        self._log(f"this machine was released: {refusal}; reporting ends here")
                        return
                    wait = self._after(refusal)
                except Unreachable as failure:
                    self._note(None, str(failure))
                    self._log.once(f"{failure}; will keep trying")
                    wait = self._backoff.next(self._interval)
        finally:
            self._transport.close()

    def _step(self) -> float:
        """Do the one next thing; seconds to wait after it."""
        if self._identity is None:
            self._enrol()
            return 0.0
        self._beat()
        return spread(self._interval)

    def _enrol(self) -> None:
        sent = time.time()
        self._identity, answer = enrol(self._config, self._store, self._transport, self._log)
        self._learn(sent, answer)
        # Only a heartbeat resets the back-off: a server that enrols but knows no key must not be hammered.
        self._log(f"enrolled as {self._identity.agent_id}, reporting every {self._interval:g} s")

    def _beat(self) -> None:
        assert self._identity is not None
        path = f"/api/v1/agents/{quote(self._identity.agent_id, safe='')}/heartbeat"
        message = self._newest()
        sent = time.time()
        answer = self._transport.post(path, message, self._identity.key)
        self._pending = None
        self._learn(sent, answer)
        self._note(200, "duplicate" if answer.get("duplicate") is True else "accepted")
        self._backoff.reset()
        if self._log.forget():
            self._log("reporting again")

    def _newest(self) -> dict[str, Any]:
        """What wasn't delivered, unless it is an interval old: then a new one takes its place."""
        if self._pending is None or self._clock() - self._pending.collected >= self._interval:
            message = {"sequence": self._sequence.next(), "sent_at": timestamp(time.time()), **observe()}
            if self._skew is not None:
                message["clock_skew_seconds"] = self._skew
            self._pending = Pending(message, self._clock())
        return self._pending.message

    def _learn(self, sent: float, answer: dict[str, Any]) -> None:
        """The server's interval and clock. An interval out of bounds can neither silence nor exhaust the agent."""
        interval = answer.get("interval_seconds")
        if isinstance(interval, int | float) and not isinstance(interval, bool) and interval > 0:
            self._interval = float(min(max(interval, MIN_INTERVAL_SECONDS), MAX_INTERVAL_SECONDS))
        self._skew = skew_seconds(sent, time.time(), answer.get("server_time"))

    def _after(self, refusal: Refused) -> float:
        """Seconds to wait after a refusal that isn't the end."""
        self._log.once(f"the server refused: {refusal}")
        if refusal.final_for_message:
            self._pending = None
        if refusal.unauthorised and self._config.enrolment_token and not self._config.api_key:
            self._identity = None
        return self._backoff.next(self._interval, refusal.retry_after)

    def _note(self, status: int | None, said: str) -> None:
        agent_id = self._identity.agent_id if self._identity else None
        self._store.note_answer(at=timestamp(time.time()), status=status, said=self._log.clean(said), agent_id=agent_id)
