"""A Fleet server behind the real client, and virtual hosts that enrol there, all in this process."""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from gough.adapters.fleet import FleetClient
from gough.config import read_settings
from gough.domain.fleet_address import parse_address
from gough.domain.osquery_flags import osquery_flags
from gough.lab.fleet import Fleet
from gough.lab.fleet.endpoints import application
from gough.lab.osquery import Machine, Osquery, Tables, read_flags
from gough.persistence.database import Database
from gough.ports import SecurityServer
from gough.services.context import Use
from gough.services.fleet_hosts import poll_all, servers
from gough.services.secrets import Sealer
from gough.services.waking import Bell
from tests.support.clock import Clock
from tests.support.site import ENVIRONMENT

URL = "http://fleet.example/fleet"
SECRET = "an-enroll-secret-0123456789"


@dataclass
class FleetSite:
    """One server called `main` that Gough knows. Nothing moves by itself: `look` follows it once."""

    database: Database
    clock: Clock
    folder: Path
    fleet: Fleet = field(init=False)
    use: Use = field(init=False)
    daemons: dict[str, Osquery] = field(default_factory=dict)
    tables: dict[str, Tables] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Every path that the client asked for."""

    def __post_init__(self) -> None:
        self.fleet = Fleet(prefix="/fleet", clock=self.clock.seconds)
        self.token = self.fleet.set_up()
        self.fleet.add_secret(SECRET)
        (self.folder / "secret").write_text(SECRET, "utf-8")
        self.use = self.made_with({})
        servers.add(self.use, "main", URL, self.token)

    def made_with(self, environment: dict[str, str]) -> Use:
        """As another process would be wired."""
        settings = read_settings({**ENVIRONMENT, "GOUGH_DATA_DIR": str(self.folder), **environment})
        sealer = Sealer(settings.key)

        def no_maas(url: str, api_key: str) -> None:
            raise AssertionError(f"no region in this test: {url}")

        return Use(
            settings, self.database, sealer, no_maas, Bell(), dict,  # type: ignore[arg-type]
            connect_security=self.connect, timer=self.clock.seconds,
        )  # fmt: skip

    def connect(self, url: str, token: str, ca: str) -> SecurityServer:
        class Noted(httpx.WSGITransport):
            def handle_request(inner, request: httpx.Request) -> httpx.Response:  # noqa: N805
                self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
                return super().handle_request(request)

        transport = Noted(app=application(self.fleet))
        return FleetClient(url, token, ca=ca, transport=transport, sleep=lambda seconds: None)

    @property
    def client(self) -> FleetClient:
        transport = httpx.WSGITransport(app=application(self.fleet))
        return FleetClient(URL, self.token, transport=transport, sleep=lambda seconds: None)

    def enrolled(self, hostname: str, *, uuid: str = "", serial: str = "") -> Osquery:
        """A host that has said everything it was asked."""
        machine = Machine(uuid or str(uuid4()), hostname, serial or f"SN-{hostname}")
        text = osquery_flags(parse_address(URL), own_ca=False, secret_file=str(self.folder / "secret"))
        flags = read_flags("\n".join(line for line in text.splitlines() if "server_certs" not in line))
        self.tables[hostname] = Tables(machine)
        transport = httpx.WSGITransport(app=application(self.fleet))
        self.daemons[hostname] = Osquery(flags, self.tables[hostname], scheme="http", transport=transport)
        self.daemons[hostname].step()
        return self.daemons[hostname]

    def look(self) -> None:
        poll_all(self.use)

    def close(self) -> None:
        for daemon in self.daemons.values():
            daemon.close()
        for tables in self.tables.values():
            tables.close()
        self.use.close()
