"""A Fleet server in one process, with hands on what only time or people could change.

Test equipment. It speaks the real wire protocols (see `endpoints`), and knows nothing of whoever talks to it.
"""

import secrets
import time
from collections.abc import Callable

from gough.lab.fleet.core import Core, Weakness
from gough.lab.fleet.wire import Answer

# (method, path below the prefix) → what to answer instead, or None to go on
Intercept = Callable[[str, str], Answer | None]


class Fleet:
    """Thread-safe.

    `interval`: seconds between two questions for policies, labels and details; a real one waits an hour.
    `live_seconds`: how long a live query waits for hosts. `clock` is in seconds since the epoch.
    """

    def __init__(
        self,
        *,
        prefix: str = "",
        version: str = "4.86.2",
        clock: Callable[[], float] = time.time,
        interval: float = 3600.0,
        live_seconds: float = 25.0,
    ) -> None:
        self.prefix = prefix
        self.core = Core(clock, version, live_seconds, interval)
        self.intercept: Intercept | None = None

    def set_up(self, email: str = "admin@fleet.example") -> str:
        """As after the first run, without the steps; answers an administrator's token."""
        with self.core.lock:
            user = self.core.accounts.add("Admin", email, f"{secrets.token_urlsafe(16)}-1!", "admin")
            self.core.is_set_up = True
            return self.core.accounts.issue(user)

    def add_secret(self, secret: str) -> None:
        with self.core.lock:
            self.core.secrets.append((secret, self.core.clock()))

    def revoke(self, token: str) -> None:
        with self.core.lock:
            del self.core.accounts.tokens[token]

    def publish(self, cve: str, software: str, version: str, *, score: float = 7.5) -> None:
        """From now on that version of a program has a known vulnerability."""
        with self.core.lock:
            self.core.weaknesses.append(Weakness(cve, software, version, score, self.core.clock()))

    def ask_again(self) -> None:
        """Every host is asked everything at its next contact."""
        with self.core.lock:
            for host in self.core.hosts.values():
                host.refetch = True

    def forget_node_keys(self) -> None:
        """As after a restored database: osquery has to enrol again."""
        with self.core.lock:
            for host in self.core.hosts.values():
                host.node_key = secrets.token_urlsafe(24)
