"""A Gough in its own process, with machines in it, and a browser that reports every complaint."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gough import bootstrap
from gough.bootstrap import Application
from gough.config import Settings
from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.lab.hall import Hall
from gough.lab.pace import Pace
from gough.persistence.models import Region
from gough.services import observing
from tests.e2e.furnished import furnish
from tests.support import measured as fleet
from tests.support.measured import Reporter
from tests.support.require import need

SECRET_KEY = "e" * 40
SETUP = "a-set-up-secret-of-this-test"
PASSWORD = "correct horse battery staple"
STARTER = """
import os
from gough.config import read_settings
from gough.web.server import serve
serve(read_settings(os.environ))
"""


@dataclass
class Served:
    url: str
    folder: Path
    environment: Mapping[str, str]
    setup_secret: str = SETUP
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        command = [sys.executable, "-c", STARTER]
        self.process = subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE, text=True)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0

    def until(self, pattern: str) -> str:
        """Read its stderr until a line matches; the match's first group."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError("the server ended: " + "".join(self.said))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """Three machines that are Ready, and nobody yet who may sign in. Its region does not answer."""
    yield from served_with(tmp_path, {}, _three_ready)


@pytest.fixture
def furnished(tmp_path: Path) -> Iterator[Served]:
    """A server whose every page has something to show, with nobody yet who may sign in."""
    yield from served_with(tmp_path, {"GOUGH_SETUP_SECRET": SETUP, "DEBUG": "true"}, furnish)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """An emulated region with four machines that have just been found, and do what MAAS says."""
    made = Hall(4, Pace(600), tmp_path / "machines")
    made.power_up()
    yield made
    made.close()


@pytest.fixture
def following(tmp_path: Path, hall: Hall) -> Iterator[Served]:
    """A server that follows the hall's region."""
    settings = {
        "MAAS_URL": hall.maas_url, "MAAS_API_KEY": hall.region.api_key, "GOUGH_MAAS_POLL_SECONDS": "0.5",
        "GOUGH_SETUP_SECRET": SETUP,
    }  # fmt: skip
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "gough-agent-linux-x86_64.tar.gz").write_bytes(b"archive")
    yield from _served(tmp_path, settings, lambda _: None)


@pytest.fixture
def measured(tmp_path: Path) -> Iterator[tuple[Served, Reporter]]:
    """A server with `web-1` in service, which was silent for two hours of its last day; and who speaks for it."""
    found: list[Reporter] = []
    settings = {"GOUGH_SETUP_SECRET": SETUP}
    for each in served_with(tmp_path, settings, lambda application: found.append(_measured(application))):
        yield each, found[0]


def enter(page: Any, served: Served, look: Callable[[str], None] = lambda _title: None) -> None:
    """As the first administrator; `look` is called on each page on the way."""
    served.until(r'"event":"(serving)"')
    open_when_up(page, served.url)
    look("setup")
    fields = {
        "Set-up secret": served.setup_secret,
        "Your name": "ada",
        "Password at least": PASSWORD,
        "Password again": PASSWORD,
    }
    for label, text in fields.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Create the administrator").click()
    page.get_by_role("button", name="Sign in").wait_for()
    look("login")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.wait_for_load_state()  # keys mean something once the page's scripts have run


def open_when_up(page: Any, url: str) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=6)) as client:  # tries again while nobody listens
        assert client.get(f"{url}/readyz").status_code == 200
    page.goto(url)


def served_with(
    folder: Path, settings: Mapping[str, str], fill: Callable[[Application], None]
) -> Iterator[Served]:  # fmt: skip
    """A server that begins with what `fill` has put into its database."""
    yield from _served(folder, settings, lambda url: _filled(folder, url, fill))


def _served(folder: Path, settings: Mapping[str, str], fill: Callable[[str], None]) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    fill(url)
    environment = {
        "PATH": os.environ["PATH"], "SECRET_KEY": SECRET_KEY, "GOUGH_DATA_DIR": str(folder), "GOUGH_PORT": str(port),
        "GOUGH_PUBLIC_URL": url, "GOUGH_ALLOW_HTTP": "true", **settings,
    }  # fmt: skip
    served = Served(url, folder, environment)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def complaints() -> list[str]:
    """What the console and the content policy have said. A test that provokes some looks at them and clears them."""
    return []


@pytest.fixture
def page(complaints: list[str]) -> Iterator[Any]:
    """A browser's page. Ends with a failure if there are complaints left."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    need(browser_path, "Chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.on("console", lambda message: complaints.extend(_complaint(message, opened)))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        browser.close()
    assert complaints == []


def _measured(application: Application) -> Reporter:
    return fleet.machine(application.use, "web-1", silent=(timedelta(hours=9), timedelta(hours=7)))


def _complaint(message: Any, page: Any) -> list[str]:
    """What a browser says of a page that refuses something on purpose is none."""
    is_wanted = message.location["url"] == page.url and re.search(r"status of (404|409|422)", message.text)
    said = f"{message.text} ({message.location['url']}, on {page.url})"
    return [said] if message.type == "error" and not is_wanted else []


def _filled(folder: Path, url: str, fill: Callable[[Application], None]) -> None:
    """What `fill` puts into the database, and an agent's archive to hand out."""
    (folder / "agent").mkdir()
    (folder / "agent" / "gough-agent-linux-x86_64.tar.gz").write_bytes(b"archive")
    application = bootstrap.wire(Settings(data_dir=folder, secret_key=SecretStr(SECRET_KEY), public_url=url))
    bootstrap.prepare(application.use)
    fill(application)
    application.use.database.close()


def _three_ready(application: Application) -> None:
    """Machines as MAAS would have told of them."""
    use = application.use
    with use.database.write() as session:
        now = use.database.now(session)
        key = use.sealer.seal_text("consumerkeyofatest:tokenkeyofatest:tokensecretofatest")
        region = Region(name="lab", url="http://127.0.0.1:9/MAAS/", api_key_sealed=key, created_at=now)
        session.add(region)
        session.flush()
        for number in range(1, 4):
            record = MachineRecord(
                f"sys{number}", f"node-0{number}", MachineStatus.READY, architecture="amd64/generic", cpu_count=8,
                memory_mib=16384, power_state="off", ip_addresses=(f"10.0.0.{number}",),
            )  # fmt: skip
            observing.observe(session, region, record, observed_at=now)
