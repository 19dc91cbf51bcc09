"""What systemd does with what install_osquery.sh leaves on a virtual machine: asks for the secret, runs osqueryd."""

import threading
from contextlib import suppress
from threading import Event

from gough.lab.osquery import Osquery, Stopped, Tables, read_flags
from gough.lab.system import System

ENROLL_SCRIPT = "/etc/osquery/gough-enroll.sh"
FLAGS, SECRET = "/etc/osquery/osquery.flags", "/etc/osquery/enroll_secret"
RELOCATED = ("enroll_secret_path",)
CERTIFICATES = "tls_server_certs"
AGAIN_SECONDS, STEP_SECONDS = 1.0, 2.0


class OsqueryService:
    """Lives as long as the installed system: its node key is on the disk. Nothing happens where it is not installed."""

    def __init__(self, system: System, tables: Tables, *, scheme: str) -> None:
        self._system, self._tables, self._scheme = system, tables, scheme
        self._daemon: Osquery | None = None
        self._runs_until: Event | None = None

    def start(self, off: Event, *, crashes: bool = False) -> None:
        """In a thread of its own, until the power is cut. `crashes`: osqueryd ends before it has asked anybody."""
        if self._runs_until is off or not self._system.inside(ENROLL_SCRIPT).is_file():
            return
        self._runs_until = off
        threading.Thread(target=self._run, args=(off, crashes), name="osqueryd", daemon=True).start()

    def _run(self, off: Event, crashes: bool) -> None:
        while not self._system.inside(SECRET).is_file():
            if off.is_set():
                return
            if self._system.type_in(f'sh "$GOUGH_ROOT{ENROLL_SCRIPT}"'):  # it complains until the agent has enrolled
                off.wait(AGAIN_SECONDS)
        while not (crashes or off.is_set()):
            with suppress(Stopped):  # systemd starts it again
                self._daemon = self._daemon or self._started()
                self._daemon.step()
            off.wait(STEP_SECONDS)

    def _started(self) -> Osquery:
        lines = []
        for line in self._system.inside(FLAGS).read_text("utf-8").splitlines():
            name, _, value = line.removeprefix("--").partition("=")
            if name == CERTIFICATES and self._scheme == "http":
                continue  # a Fleet without TLS is the lab's alone
            here = self._system.inside(value)
            lines.append(f"--{name}={here}" if name in RELOCATED or (name == CERTIFICATES and here.is_file()) else line)
        return Osquery(read_flags("\n".join(lines)), self._tables, scheme=self._scheme)
