"""What every use case is given: the wiring, as data. Built once by `gough.bootstrap`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from gough.config import Settings
from gough.persistence.database import Database
from gough.persistence.group_commit import GroupCommit
from gough.persistence.models import FleetServer, Region
from gough.ports import Configurator, Feed, IdentityProvider, Provisioner, SecurityServer, Waker
from gough.services.allowance import Allowance
from gough.services.known_callers import KnownCallers
from gough.services.recent import Recent
from gough.services.secrets import Sealer

Connect = Callable[[str, str], Provisioner]
"""(URL, API key) → a client of that MAAS region."""
OpenFeed = Callable[[str, str, str], Feed]
"""(URL, user name, password) → a connection to the feed of that region's pages."""

ConnectSecurity = Callable[[str, str, str], SecurityServer]
"""(URL, token, PEM of its authority or empty) → a client of that Fleet server."""


@dataclass(frozen=True, slots=True)
class Use:
    """Named for how it reads at the call: `deployments.request(use, …)`. Safe to share between threads."""

    settings: Settings
    database: Database
    sealer: Sealer
    connect: Connect
    waker: Waker
    agent_checksums: Callable[[], Mapping[str, str]]
    """{file that machines may fetch: its SHA-256}: the agent's archives and packages, and osquery's."""
    open_feed: OpenFeed | None = None
    identity_provider: Callable[[], IdentityProvider] | None = None
    """Where people sign in once for everything; None where single sign-on is not configured."""
    connect_security: ConnectSecurity | None = None
    configurator: Configurator | None = None
    """Runs playbooks; None where Ansible is switched off."""
    timer: Callable[[], float] = monotonic
    """Seconds from any beginning: for durations within this process."""
    recent: Recent = field(default_factory=Recent)
    callers: KnownCallers = field(default_factory=KnownCallers)
    heartbeats: GroupCommit = field(default_factory=GroupCommit)
    allowance: Allowance = field(default_factory=Allowance)
    _clients: dict[tuple[str, str], Provisioner] = field(default_factory=dict)
    _security: dict[tuple[str, str, str], SecurityServer] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def provisioner(self, region: Region) -> Provisioner:
        """The client of a region; one a URL and key, so that its connections are pooled."""
        name = (region.url, region.api_key_sealed)
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self.connect(region.url, self.sealer.open_text(region.api_key_sealed))
            return self._clients[name]

    def security_server(self, server: FleetServer) -> SecurityServer:
        """The client of a Fleet server; pooled likewise."""
        name = (f"{server.url}{server.url_prefix}", server.token_sealed, server.ca)
        with self._lock:
            if name not in self._security:
                assert self.connect_security is not None, "wired without Fleet"
                self._security[name] = self.connect_security(name[0], self.sealer.open_text(name[1]), server.ca)
            return self._security[name]

    def close(self) -> None:
        """Let every region's and server's connections go. The database is closed by whoever opened it."""
        with self._lock:
            clients: list[Provisioner | SecurityServer] = [*self._clients.values(), *self._security.values()]
            self._clients.clear()
            self._security.clear()
        for client in clients:
            client.close()
