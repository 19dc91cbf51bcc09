"""osqueryd's conversation with its TLS server. https://osquery.readthedocs.io/en/stable/deployment/remote/

One `step` is what the real one does between two waits; a thread that calls it is a daemon.
"""

import sqlite3
import ssl
from pathlib import Path
from typing import Any

import httpx

from gough.lab.osquery.flags import Flags
from gough.lab.osquery.tables import Row, Tables

TIMEOUT = httpx.Timeout(10)
LINUX_PLATFORM_TYPE = "9"
HOST_DETAILS = {
    "os_version": "SELECT * FROM os_version",
    "system_info": "SELECT * FROM system_info",
    "osquery_info": "SELECT * FROM osquery_info",
}


class Stopped(Exception):
    """osqueryd ends: it cannot enrol, and says why."""


class Osquery:
    """`scheme` is https for the real one, which knows nothing else; a lab without certificates says http.

    `transport` replaces the network.
    """

    def __init__(
        self, flags: Flags, tables: Tables, *, scheme: str = "https", transport: httpx.BaseTransport | None = None
    ) -> None:
        self._flags, self._tables = flags, tables
        self._node_key = ""
        self._schedule: dict[str, str] = {}
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if certificates := flags.values.get("tls_server_certs"):
            trust.load_verify_locations(cafile=certificates)
        base = f"{scheme}://{flags.path('tls_hostname')}"
        self._http = httpx.Client(base_url=base, timeout=TIMEOUT, verify=trust, transport=transport)

    def close(self) -> None:
        self._http.close()

    @property
    def is_enrolled(self) -> bool:
        return bool(self._node_key)

    def enroll(self) -> None:
        """Raises Stopped with the server's words where it does not take the secret, or there is no answer."""
        secret = Path(self._flags.path("enroll_secret_path")).read_text("utf-8").strip()
        details = {name: self._tables.ask(sql)[0] for name, sql in HOST_DETAILS.items()}
        body = {
            "enroll_secret": secret,
            "host_identifier": self._tables.machine.uuid,
            "platform_type": LINUX_PLATFORM_TYPE,
            "host_details": details,
        }
        answer = self._post("enroll_tls_endpoint", body)
        if not answer.get("node_key"):
            raise Stopped(str(answer.get("error", "Enrollment failed: no node key")))
        self._node_key = answer["node_key"]

    def step(self) -> None:
        """Enrol if need be, fetch the configuration, take work and bring its answers, log."""
        if not self._node_key:
            self.enroll()
        self.refresh()
        self.work()
        self.run_schedule()

    def refresh(self) -> None:
        packs = self._said("config_tls_endpoint", {}).get("packs") or {}
        self._schedule = {
            f"pack/{pack}/{name}": str(query["query"])
            for pack, content in packs.items()
            for name, query in (content.get("queries") or {}).items()
        }

    def work(self) -> int:
        """How many queries there were."""
        told = self._said("distributed_tls_read_endpoint", {})
        queries: dict[str, str] = told.get("queries") or {}
        discovery: dict[str, str] = told.get("discovery") or {}
        wanted = {name: sql for name, sql in queries.items() if self._applies(discovery.get(name))}
        if not wanted:
            return 0
        rows: dict[str, list[Row]] = {}
        statuses, messages = {}, {}
        for name, sql in wanted.items():
            rows[name], message = self._ask(sql)
            statuses[name] = 1 if message else 0
            messages[name] = message
        self._said("distributed_tls_write_endpoint", {"queries": rows, "statuses": statuses, "messages": messages})
        return len(wanted)

    def run_schedule(self) -> None:
        """Every scheduled query once, its snapshot into the log."""
        lines = [
            {"name": name, "action": "snapshot", "snapshot": self._ask(sql)[0]} for name, sql in self._schedule.items()
        ]
        if lines:
            self._said("logger_tls_endpoint", {"log_type": "result", "data": lines})

    def _applies(self, sql: str | None) -> bool:
        return sql is None or bool(self._ask(sql)[0])

    def _ask(self, sql: str) -> tuple[list[Row], str]:
        try:
            return self._tables.ask(sql), ""
        except sqlite3.Error as error:
            return [], str(error)

    def _said(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
        """An answer that says `node_invalid` makes osquery enrol anew, once."""
        answer = self._post(endpoint, {"node_key": self._node_key, **body})
        if answer.get("node_invalid"):
            self._node_key = ""
            self.enroll()
            answer = self._post(endpoint, {"node_key": self._node_key, **body})
        return answer

    def _post(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._http.post(self._flags.path(endpoint), json=body)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Stopped(f"Request error: {error}") from error
        if response.status_code >= 500 or not isinstance(answer, dict):
            raise Stopped(f"Request error: HTTP {response.status_code}")
        return answer
