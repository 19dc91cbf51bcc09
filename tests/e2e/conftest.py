"""A Gough in its own process, with machines in it, and a browser that reports every complaint."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gough import bootstrap
from gough.config import Settings
from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.persistence.models import Region
from gough.services import observing
from tests.support.require import need

SECRET_KEY = "e" * 40
STARTER = """
import os
from gough.config import read_settings
from gough.web.server import serve
serve(read_settings(os.environ))
"""


@dataclass
class Served:
    url: str
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

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
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    _fill(tmp_path, url)
    environment = {
        "PATH": os.environ["PATH"], "SECRET_KEY": SECRET_KEY, "GOUGH_DATA_DIR": str(tmp_path), "GOUGH_PORT": str(port),
        "GOUGH_PUBLIC_URL": url, "GOUGH_ALLOW_HTTP": "true",
    }  # fmt: skip
    command = [sys.executable, "-c", STARTER]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    served = Served(url, process)
    yield served
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.fixture
def page() -> Iterator[Any]:
    """A browser's page. Ends with a failure if the console or the content policy had anything to say."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    need(browser_path, "Chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        browser.close()
    assert complaints == []


def _fill(folder: Path, url: str) -> None:
    """Machines as MAAS would have told of them, and an agent's archive to hand out."""
    (folder / "agent").mkdir()
    (folder / "agent" / "gough-agent-linux-x86_64.tar.gz").write_bytes(b"archive")
    settings = Settings(data_dir=folder, secret_key=SecretStr(SECRET_KEY), public_url=url)
    application = bootstrap.wire(settings)
    use = application.use
    bootstrap.prepare(use)
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
    use.database.close()
