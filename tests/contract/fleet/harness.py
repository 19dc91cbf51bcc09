"""A Fleet server to test against, plain HTTP beside the client under test, and virtual hosts that enrol there."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from gough.adapters.fleet import FleetClient
from gough.adapters.fleet.models import Host
from gough.domain.fleet_address import parse_address
from gough.domain.fleet_hosts import PolicyDraft
from gough.domain.osquery_flags import osquery_flags
from gough.lab.fleet import Fleet, Server
from gough.lab.osquery import Machine, Osquery, Tables, read_flags
from tests.support.clock import Clock

PREFIX = "gough-contract"
POLL = 0.05


def unique(kind: str) -> str:
    return f"{PREFIX}-{kind}-{secrets.token_hex(4)}"


@dataclass
class Virtual:
    """One virtual host: its tables, and the osquery that answers from them."""

    machine: Machine
    tables: Tables
    osquery: Osquery

    def close(self) -> None:
        self.osquery.close()
        self.tables.close()


@dataclass
class Target:
    """A server by its address: all that is known of a real one. What is made through it is deleted again."""

    url: str
    token: str
    folder: Path
    ca: str = ""
    clients: list[FleetClient] = field(default_factory=list)
    virtual: list[Virtual] = field(default_factory=list)
    policies: list[int] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    plain: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def client(self, token: str | None = None) -> FleetClient:
        given = self.token if token is None else token
        made = FleetClient(self.url, given, ca=self.ca, sleep=lambda seconds: None)
        self.clients.append(made)
        return made

    @cached_property
    def admin(self) -> FleetClient:
        """One client for everything the harness itself asks."""
        return self.client()

    def http(self, method: str, path: str, *, token: str | None = None, **kwargs: Any) -> httpx.Response:
        """Plain HTTP below api/v1/fleet/; an empty token is an anonymous request."""
        given = self.token if token is None else token
        header = {"Authorization": f"Bearer {given}"} if given else {}
        return self.plain.request(method, f"{self.url}/api/v1/fleet/{path}", headers=header, **kwargs)

    def virtual_host(self, secret: str | None = None, machine: Machine | None = None) -> Virtual:
        """A host that knows the flags it was given, and has not enrolled yet."""
        machine = machine or Machine(uuid=str(uuid4()), hostname=unique("host"), serial=secrets.token_hex(6))
        file = self.folder / f"secret-{secrets.token_hex(4)}"
        file.write_text(secret if secret is not None else self._secret(), "utf-8")
        address = parse_address(self.url)
        text = osquery_flags(address, own_ca=False, secret_file=str(file))
        flags = read_flags("\n".join(line for line in text.splitlines() if "server_certs" not in line))
        tables = Tables(machine)
        scheme = address.origin.partition("://")[0]
        self.virtual.append(Virtual(machine, tables, Osquery(flags, tables, scheme=scheme)))
        return self.virtual[-1]

    def host(self, virtual: Virtual | None = None) -> tuple[Virtual, Host]:
        """One that has enrolled and said who it is."""
        virtual = virtual or self.virtual_host()
        virtual.osquery.step()
        return virtual, self.admin.host_by_identifier(virtual.machine.uuid)

    def policy(self, sql: str, name: str = "") -> int:
        made = self.admin.create_policy(PolicyDraft(name or unique("policy"), sql, "why", "what to do"))
        self.policies.append(made.id)
        return made.id

    def query(self, sql: str, interval: int = 0) -> int:
        made = self.admin.create_query(unique("query"), sql, interval=interval)
        self.queries.append(made.id)
        return made.id

    def _secret(self) -> str:
        return self.admin.enroll_secrets()[0]

    def clean_up(self) -> None:
        self._delete_hosts()
        for number in self.labels:
            self.http("DELETE", f"labels/id/{number}")
        for number in self.queries:
            self.http("DELETE", f"queries/id/{number}")
        if self.policies:
            self.http("POST", "global/policies/delete", json={"ids": self.policies})
        for client in self.clients:
            client.close()
        self.plain.close()

    def _delete_hosts(self) -> None:
        for virtual in self.virtual:
            answer = self.http("GET", f"hosts/identifier/{virtual.machine.uuid}")
            if answer.status_code == httpx.codes.OK:
                self.http("DELETE", f"hosts/{answer.json()['host']['id']}")
            virtual.close()


@dataclass
class Lab:
    """The emulator, with hands on its time and its people."""

    fleet: Fleet
    server: Server
    clock: Clock
    target: Target
    client: FleetClient


@contextmanager
def answering(virtual: Virtual) -> Iterator[None]:
    """Its osquery keeps asking for work, as a daemon does, while something waits for its answers."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(POLL):
            virtual.osquery.work()

    thread = threading.Thread(target=run, name="virtual-osquery")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
