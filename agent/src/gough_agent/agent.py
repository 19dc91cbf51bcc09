"""The loop: enrol if need be, then a heartbeat at each interval, until told to stop or released."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gough_agent.backoff import Backoff, pause, spread
from gough_agent.clock import skew_seconds, timestamp
from gough_agent.collector import REGISTRY, Json
from gough_agent.commands import Commands
from gough_agent.config import MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS, Config
from gough_agent.enrolment import Identity, enrol, known_identity, needs_new_key
from gough_agent.errors import CommandFailed, Refused, Unreachable
from gough_agent.heartbeat import observe
from gough_agent.keep import Keep
from gough_agent.log import Log
from gough_agent.sequence import Sequence
from gough_agent.state import Store
from gough_agent.survey import Survey
from gough_agent.transport import Transport, encoded

REPLAY_PAUSE_SECONDS = 1.0  # between two batches of what was kept


class Waiter(Protocol):
    """A threading.Event is one."""

    def wait(self, timeout: float) -> bool:
        """Wait that many seconds, or until told to stop; True means stop."""
        ...


class Agent:
    """Nothing is read or sent before `run`. Raises ConfigInvalid when it can neither report nor enrol."""

    def __init__(
        self,
        config: Config,
        store: Store,
        waiter: Waiter,
        log: Log,
        clock: Callable[[], float] = time.monotonic,
        publish: Callable[[Mapping[str, Json]], object] = lambda _: None,
    ) -> None:
        for secret in (config.enrolment_token, config.api_key, store.state.key, store.state.next_key):
            log.hide(secret)
        self._config, self._store, self._waiter, self._log, self._clock = config, store, waiter, log, clock
        self._publish = publish  # what was measured, for this machine's own readers
        self._transport = Transport(config.server_url, config.ca_file)
        self._identity = known_identity(config, store)
        self._sequence = Sequence(store)
        self._survey = Survey({n: c for n, c in REGISTRY.items() if n != "osquery" or config.enable_osquery}, clock)
        self._keep = Keep(store, self._transport, config.spool_bytes, log)
        handlers = {"rotate-key": self._rotate_key, "collect-now": self._collect_now, "upgrade": self._upgrade}
        self._commands = Commands(handlers, log)
        self._interval = config.interval_seconds
        self._backoff = Backoff()
        self._measure_at = self._send_at = self._replay_at = clock()  # when each may next be done
        self._silent = False  # the last attempt failed
        self._skew: float | None = None

    def run(self) -> None:
        """Returns when told to stop, or when the machine was released."""
        wait = 0.0
        try:
            while not self._waiter.wait(wait):
                try:
                    self._step()
                except Refused as refusal:
                    self._silent = True
                    self._note(refusal.status, str(refusal))
                    if refusal.released:
                        self._log(f"this machine was released: {refusal}; reporting ends here")
                        return
                    self._refused(refusal)
                except Unreachable as failure:
                    self._silent = True
                    self._note(None, str(failure))
                    self._log.once(f"{failure}; will keep trying")
                    self._send_at = self._clock() + self._backoff.next(self._interval)
                wait = self._until_next()
        finally:
            self._keep.close()
            self._transport.close()

    def _step(self) -> None:
        """Do the one next thing."""
        if self._identity is None:
            self._enrol()
        elif self._clock() >= self._measure_at:
            self._beat(self._identity)
        elif self._keep.waiting:
            identity = self._identity
            answer = self._asked(lambda: self._keep.replay(identity, after_silence=self._silent))
            self._replay_at = self._clock() + pause(REPLAY_PAUSE_SECONDS)
            self._note(200, "accepted some that were kept")
            self._commands.carry_out(answer)

    def _until_next(self) -> float:
        due = self._measure_at
        if self._identity is None:
            due = self._send_at
        elif self._keep.waiting:
            due = min(due, max(self._send_at, self._replay_at))
        return max(0.0, due - self._clock())

    def _enrol(self) -> None:
        if needs_new_key(self._config.enrolment_token or "", self._store):
            self._keep.clear()  # told by whoever had this machine before
        sent = time.time()
        self._identity, answer = enrol(self._config, self._store, self._transport, self._log)
        self._learn(sent, answer)
        # Only a heartbeat resets the back-off: a server that enrols but knows no key must not be hammered.
        self._log(f"enrolled as {self._identity.agent_id}, reporting every {self._interval:g} s")

    def _beat(self, identity: Identity) -> None:
        """A server that is away is left alone until its time has come, and the heartbeat is kept."""
        number = self._sequence.next()
        message = self._message(number)
        body = encoded(message)
        self._publish(message)
        self._measure_at = self._clock() + spread(self._interval)
        if self._clock() < self._send_at:
            self._keep.add(number, body)
            return
        try:
            answer = self._asked(lambda: self._transport.post(f"{identity.path}/heartbeat", body, identity.key))
        except Refused as refusal:
            if not refusal.final_for_message and not refusal.released:
                self._keep.add(number, body)
            raise
        except Unreachable:
            self._keep.add(number, body)
            raise
        self._measure_at = self._clock() + spread(self._interval)
        self._note(200, "duplicate" if answer.get("duplicate") is True else "accepted")
        self._commands.carry_out(answer)

    def _asked(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer of a server that is well."""
        sent = time.time()
        answer = ask()
        self._learn(sent, answer)
        self._send_at, self._silent = self._clock(), False
        self._backoff.reset()
        if self._log.forget():
            self._log("reporting again")
        return answer

    def _message(self, number: int) -> dict[str, Json]:
        message = {
            "sequence": number,
            "sent_at": timestamp(time.time()),
            **observe(self._survey),
            "spool": self._keep.status(),
        }
        if self._skew is not None:
            message["clock_skew_seconds"] = self._skew
        if results := self._commands.take_results():
            message["command_results"] = results
        return message

    def _learn(self, sent: float, answer: dict[str, Any]) -> None:
        """The server's interval and clock. An interval out of bounds can neither silence nor exhaust the agent."""
        interval = answer.get("interval_seconds")
        if isinstance(interval, int | float) and not isinstance(interval, bool) and interval > 0:
            self._interval = float(min(max(interval, MIN_INTERVAL_SECONDS), MAX_INTERVAL_SECONDS))
        self._skew = skew_seconds(sent, time.time(), answer.get("server_time"))

    def _refused(self, refusal: Refused) -> None:
        """What follows a refusal that isn't the end."""
        self._log.once(f"the server refused: {refusal}")
        if refusal.unauthorised and self._config.enrolment_token and not self._config.api_key:
            self._identity = None
        self._send_at = self._clock() + self._backoff.next(self._interval, refusal.retry_after)

    def _rotate_key(self, _: Mapping[str, Any]) -> str:
        from gough_agent.rotation import rotate

        if self._identity is None:
            raise CommandFailed("this agent has no key")
        self._identity = rotate(self._identity, self._store, self._transport, self._log)
        return "the next heartbeat uses the new key"

    def _collect_now(self, _: Mapping[str, Any]) -> str:
        self._survey.forget()
        self._measure_at = self._clock()
        return "everything is measured again"

    def _upgrade(self, said: Mapping[str, Any]) -> str:
        from gough_agent.upgrade import prepare

        return prepare(said, self._store.folder("upgrade"), self._transport)

    def _note(self, status: int | None, said: str) -> None:
        agent_id = self._identity.agent_id if self._identity else None
        self._store.note_answer(
            at=timestamp(time.time()),
            status=status,
            said=self._log.clean(said),
            agent_id=agent_id,
            clock_skew_seconds=self._skew,
            errors=self._survey.errors(),
        )
