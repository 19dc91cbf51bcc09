"""A region to test against, plain HTTP beside the client under test, and ways to wait."""

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from gough.adapters.maas import MaasClient
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.machine_status import MachineStatus
from gough.lab.maas import BmcSilent, BootTarget, Hardware, PowerError, Region, Server

DEADLINE = 10.0  # seconds; everything here takes milliseconds
HARDWARE = Hardware(
    cpu_count=8, memory_mib=16384, serial="SN-0815", hardware_uuid="7f1c2d3e-0000-4000-8000-0123456789ab"
)
NO_BMC = "No rack controllers can access the BMC of node"


def eventually(check: Callable[[], bool], what: str) -> None:
    """Wait until `check` holds; fail after the deadline."""
    pause, until = threading.Event(), time.monotonic() + DEADLINE
    while not check():
        assert time.monotonic() < until, f"not within {DEADLINE} s: {what}"
        pause.wait(0.005)


def newest_id(maas: MaasClient) -> int:
    """Where the event log ends now; 0 while it is empty."""
    newest = maas.newest_event()
    return newest.id if newest else 0


def signature(api_key: str, **overrides: str | None) -> str:
    """An OAuth header; `overrides` replace a field, or leave it out with None."""
    consumer, token, secret = api_key.split(":")
    fields: dict[str, str | None] = {
        "oauth_version": "1.0",
        "oauth_signature_method": "PLAINTEXT",
        "oauth_consumer_key": consumer,
        "oauth_token": token,
        "oauth_signature": f"&{secret}",
        "oauth_nonce": secrets.token_hex(8),
        "oauth_timestamp": str(int(time.time())),
    }
    fields |= {f"oauth_{name}": value for name, value in overrides.items()}
    return "OAuth " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in fields.items() if value)


class Switches:
    """Power for machines that exist only as records.

    `broken` names those that no rack controller reaches, `silent` those whose BMC says nothing to a question; a
    (button, system_id) in `held` works when its event is set.
    """

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.silent: set[str] = set()
        self.held: dict[tuple[str, str], threading.Event] = {}
        self.pressed: list[tuple[str, str]] = []

    def on(self, system_id: str) -> None:
        self._press("on", system_id)

    def off(self, system_id: str) -> None:
        self._press("off", system_id)

    def state(self, system_id: str) -> str:
        """What the last button pressed made of it."""
        if system_id in self.silent:
            raise BmcSilent
        if system_id in self.broken:
            raise PowerError(f"{NO_BMC} {system_id}")
        return next((button for button, pressed in reversed(self.pressed) if pressed == system_id), "off")

    def _press(self, button: str, system_id: str) -> None:
        if (button, system_id) in self.held:
            self.held[button, system_id].wait(DEADLINE)
        self.pressed.append((button, system_id))
        if system_id in self.broken:
            raise PowerError(f"{NO_BMC} {system_id}")


@dataclass
class Target:
    """A region by its address: all that is known of a real one."""

    url: str
    api_key: str
    created: list[str] = field(default_factory=list)
    clients: list[MaasClient] = field(default_factory=list)
    plain: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=75))

    def client(self, api_key: str | None = None, clock: Callable[[], float] = time.time) -> MaasClient:
        made = MaasClient(self.url, api_key or self.api_key, clock=clock, sleep=lambda seconds: None)
        self.clients.append(made)
        return made

    def http(self, method: str, path: str, *, auth: str | None = "", **kwargs: Any) -> httpx.Response:
        """Plain HTTP below api/2.0/; `auth` is a header of one's own, or None for an anonymous request."""
        header = {} if auth is None else {"Authorization": auth or signature(self.api_key)}
        return self.plain.request(method, f"{self.url}api/2.0/{path}", headers=header, **kwargs)

    def new_machine(self, **fields: str) -> str:
        """A machine of one's own, never powered: New, with power_type manual."""
        tail = secrets.token_hex(3)
        mac = "52:54:00:" + ":".join(tail[i : i + 2] for i in (0, 2, 4))
        form = {
            "hostname": f"gough-contract-{tail}",
            "architecture": "amd64/generic",
            "mac_addresses": mac,
            "power_type": "manual",
            "commission": "false",
        }
        answer = self.http("POST", "machines/", data=form | fields)
        assert answer.status_code == 200, answer.text
        self.created.append(answer.json()["system_id"])
        return self.created[-1]

    def clean_up(self) -> None:
        for client in self.clients:
            client.close()
        left = [said for system_id in self.created if (said := self._delete(system_id))]
        self.plain.close()
        assert not left, f"these are still there: {left}"

    def _delete(self, system_id: str) -> str:
        """What stood in the way; empty when the machine is gone."""
        self.http("POST", f"machines/{system_id}/?op=unlock")  # a locked one would stay
        answer = self.http("DELETE", f"machines/{system_id}/")
        return "" if answer.status_code in (204, 404) else f"{system_id}: {answer.status_code} {answer.text[:200]}"


@dataclass
class Lab:
    """The emulator, with hands on its machines."""

    region: Region
    server: Server
    power: Switches
    target: Target
    maas: MaasClient

    def enlisted(self, hostname: str = "web-1") -> str:
        mac = "52:54:01:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(3))
        return self.region.enlist(hostname=hostname, mac_addresses=[mac])

    def ready(self, hostname: str = "web-1") -> str:
        system_id = self.enlisted(hostname)
        self.maas.commission(system_id, WITHOUT_TESTS)
        assert self.region.pxe_boot(system_id) is BootTarget.COMMISSIONING
        self.run_scripts(system_id)
        self.region.finish_commissioning(system_id, HARDWARE)
        self.until(system_id, MachineStatus.READY)
        eventually(lambda: self.region.snapshot(system_id).power_state == "off", "power off after commissioning")
        return system_id

    def run_scripts(self, system_id: str, exit_status: int = 0) -> None:
        for name in self.region.pending_scripts(system_id):
            self.region.report_script(system_id, name, exit_status, f"output of {name}")

    def deploying(self, hostname: str = "web-1", user_data: bytes = b"#cloud-config\n") -> str:
        system_id = self.ready(hostname)
        self.maas.allocate(system_id, agent_name="contract")
        self.maas.deploy(system_id, series="noble", user_data=user_data)
        eventually(lambda: self.region.snapshot(system_id).power_state == "on", "power on for the installer")
        return system_id

    def install(self, system_id: str) -> None:
        """The installer's own messages, to its end."""
        assert self.region.pxe_boot(system_id) is BootTarget.INSTALLER
        for stage in ("partitioning", "extract", "curthooks"):
            self.curtin(system_id, f"cmd-install/stage-{stage}", "start")
            self.curtin(system_id, f"cmd-install/stage-{stage}", "finish", "SUCCESS")
        self.curtin(system_id, "cmd-install", "finish", "SUCCESS")

    def curtin(self, system_id: str, name: str, event_type: str, result: str | None = None) -> None:
        self.region.signal(
            system_id, origin="curtin", name=name, event_type=event_type, description=f"curtin {name}", result=result
        )

    def deployed(self, hostname: str = "web-1", user_data: bytes = b"#cloud-config\n") -> str:
        system_id = self.deploying(hostname, user_data)
        self.install(system_id)
        assert self.region.pxe_boot(system_id) is BootTarget.LOCAL_DISK
        self.region.user_data(system_id)
        return system_id

    def until(self, system_id: str, status: MachineStatus) -> None:
        eventually(lambda: self.region.status(system_id) is status, f"{system_id} {status.label}")

    def log(self, system_id: str, after: int = 0) -> list[tuple[str, str, str]]:
        """(level, type, description) of a machine's events, oldest first."""
        return [
            (event.level, event.type, event.description)
            for event in self.maas.events(after)
            if event.system_id == system_id
        ]


def json_shape(value: Any) -> str:
    return {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}.get(
        type(value), "number"
    )


def shapes(values: Iterable[Any], path: str = "") -> dict[str, set[str]]:
    """{path: JSON types seen there}, lists and objects walked through."""
    seen: dict[str, set[str]] = {}
    for value in values:
        seen.setdefault(path, set()).add(json_shape(value))
        children: Iterable[tuple[str, Any]] = ()
        if isinstance(value, dict):
            children = [(f"{path}.{key}", item) for key, item in value.items()]
        elif isinstance(value, list):
            children = [(f"{path}[]", item) for item in value]
        for child_path, child in children:
            for found, kinds in shapes([child], child_path).items():
                seen.setdefault(found, set()).update(kinds)
    return seen
