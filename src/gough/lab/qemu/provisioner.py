"""What a rack controller is to its machines: boots, images, scripts, metadata, reports; HTTP on a loopback port.

Machines are known by their MAC address until they have a system_id. What they say goes into the region as it is.
"""

import json
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gough.lab.connections import ClosesConnections
from gough.lab.maas import BootTarget, Region, troubles
from gough.lab.qemu import boot, seed
from gough.lab.qemu.found import hardware
from gough.lab.qemu.image import Images
from gough.lab.qemu.tenant import Tenant

Body = bytes | Path
Handler = Callable[["Ask"], Body]
MAC = r"(?P<mac>[0-9a-f:]{17})"
ID = r"(?P<id>[a-z0-9]{6})"


class Unknown(Exception):
    """There is nothing at this address; a 404."""


class Ask:
    """One request of a machine's. `given` are the parts of its address, and its query."""

    def __init__(self, site: "Provisioner", given: Mapping[str, str], body: bytes) -> None:
        self.site, self.given, self.body = site, given, body

    @property
    def region(self) -> Region:
        return self.site.region

    @property
    def tenant(self) -> Tenant:
        """Raises Unknown."""
        found = self.site.tenant(mac=self.given.get("mac", ""), system_id=self.given.get("id", ""))
        if found is None:
            raise Unknown
        return found


class Provisioner:
    """Serves until `close`. Machines are added before they are switched on."""

    def __init__(self, region: Region, images: Images, folder: Path) -> None:
        self.region, self.images = region, images
        self._tenants: list[Tenant] = []
        self._http = _Http(("127.0.0.1", 0), self)
        self.port = self._http.server_port
        self.tftp = folder / "tftp"
        self.tftp.mkdir(parents=True, exist_ok=True)
        (self.tftp / "boot.ipxe").write_text(boot.first(self.port))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="lab-rack", daemon=True)
        self._thread.start()

    def add(self, tenant: Tenant) -> None:
        self._tenants.append(tenant)

    def tenant(self, *, mac: str = "", system_id: str = "") -> Tenant | None:
        wanted = (one for one in self._tenants if one.mac == mac or (system_id and one.system_id == system_id))
        return next(wanted, None)

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join(timeout=5)
        self._http.server_close()

    def answer(self, method: str, target: str, body: bytes) -> Body:
        """Raises Unknown, and KeyError for a machine that the region has deleted."""
        url = urlsplit(target)
        for wanted, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, url.path)
            if found and wanted == method:
                query = {name: values[-1] for name, values in parse_qs(url.query).items()}
                return handler(Ask(self, {**query, **found.groupdict()}, body))
        raise Unknown


def _boot(ask: Ask) -> bytes:
    tenant, port = ask.tenant, ask.site.port
    if not tenant.system_id:
        return boot.in_memory("enlist", port, mac=tenant.mac).encode()
    kernel = tenant.kernel()
    if kernel == "kernel":
        target = ask.region.pxe_boot(tenant.system_id)
    else:  # it is told what to boot, and the image then never arrives
        troubles.asks_and_loads_nothing(ask.region, tenant.system_id)
        target = BootTarget.INSTALLER
    tenant.boots(target)
    return boot.script(target, port, mac=tenant.mac, system_id=tenant.system_id, kernel=kernel).encode()


def _enlisted(ask: Ask) -> bytes:
    ask.tenant.enlisted()
    return b""


def _scripts(ask: Ask) -> bytes:
    system_id = ask.tenant.system_id
    ask.region.user_data(system_id)  # as a machine does that begins its commissioning
    return "".join(f"{name}\n" for name in ask.region.pending_scripts(system_id)).encode()


def _result(ask: Ask) -> bytes:
    name, status = ask.given["name"], int(ask.given.get("status", "0"))
    ask.region.report_script(ask.tenant.system_id, name, status, ask.body)
    return b""


def _commissioned(ask: Ask) -> bytes:
    ask.region.finish_commissioning(ask.tenant.system_id, hardware(ask.body.decode(errors="replace")))
    return b""


def _erasing(ask: Ask) -> bytes:
    return ask.region.snapshot(ask.tenant.system_id).erasing.encode()


def _erased(ask: Ask) -> bytes:
    ask.region.finish_erasing(ask.tenant.system_id)
    return b""


def _rescued(ask: Ask) -> bytes:
    ask.region.rescue_booted(ask.tenant.system_id)
    return b""


def _image(ask: Ask) -> Path:
    return ask.tenant.image()


def _seed(ask: Ask) -> bytes:
    return seed.configuration(boot.region_url(ask.site.port), ask.tenant.system_id)


def _log(ask: Ask) -> bytes:
    troubles.installer_logs(ask.region, ask.tenant.system_id, ask.body.decode(errors="replace"))
    return b""


def _status(ask: Ask) -> bytes:
    """curtin's and cloud-init's webhook: `cloudinit/reporting/handlers.py` (WebHookHandler)."""
    said: dict[str, Any] = json.loads(ask.body)
    texts = {name: str(said.get(name, "")) for name in ("origin", "name", "event_type", "description")}
    ask.region.signal(ask.tenant.system_id, **texts, result=said.get("result") or None)
    ask.tenant.reported(texts["name"], texts["event_type"])
    return b""


def _metadata(ask: Ask) -> bytes:
    tenant = ask.tenant
    item = ask.given["item"]
    if item == "user-data":
        data = ask.region.user_data(tenant.system_id)
        tenant.fetched_user_data()
        return data
    found = seed.metadata(ask.region, tenant.system_id).get(item)
    if found is None:
        raise Unknown
    return found


def _file(which: Callable[[Images], Path]) -> Handler:
    return lambda ask: which(ask.site.images)


MACHINE = rf"/machines/{MAC}"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/boot\\.ipxe", _boot),
    ("GET", "/kernel", _file(lambda images: images.kernel)),
    ("GET", "/initrd", _file(lambda images: images.initrd)),
    ("GET", "/healthz", lambda _: b"ok\n"),
    ("POST", rf"{MACHINE}/enlisted", _enlisted),
    ("GET", rf"{MACHINE}/scripts", _scripts),
    ("POST", rf"{MACHINE}/results/(?P<name>[\w./-]+)", _result),
    ("POST", rf"{MACHINE}/commissioned", _commissioned),
    ("GET", rf"{MACHINE}/erasing", _erasing),
    ("POST", rf"{MACHINE}/erased", _erased),
    ("POST", rf"{MACHINE}/rescued", _rescued),
    ("GET", rf"{MACHINE}/image", _image),
    ("GET", rf"{MACHINE}/seed", _seed),
    ("POST", rf"{MACHINE}/log", _log),
    ("POST", rf"/MAAS/metadata/status/{ID}", _status),
    ("GET", rf"/MAAS/metadata/by-id/{ID}/{seed.VERSION}/(?P<item>[\w/-]+)", _metadata),
)


class _Http(ClosesConnections, ThreadingHTTPServer):
    def __init__(self, address: tuple[str, int], site: Provisioner) -> None:
        self.site = site
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = 120
    server: _Http

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._say(200, self.server.site.answer(self.command, self.path, body))
        except (Unknown, KeyError):
            self._say(404, b"There is nothing here.\n")

    def _say(self, status: int, body: Body) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(body.stat().st_size if isinstance(body, Path) else len(body)))
        self.end_headers()
        if isinstance(body, Path):
            with body.open("rb") as file:
                shutil.copyfileobj(file, self.wfile, 1024 * 1024)
        else:
            self.wfile.write(body)

    do_GET = do_POST = _serve  # noqa: N815 - the base names them

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the lab's output is for people."""
