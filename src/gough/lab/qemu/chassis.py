"""One machine's hardware as a QEMU process that is there while the machine is off, too: its BMC then still answers."""

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from gough.lab.maas import BmcSilent
from gough.lab.qemu.acceleration import QEMU, best
from gough.lab.qemu.qmp import Qmp

GIB = 1024**3
SPAWN_SECONDS = 20
NICE = 10  # a lab leaves the computer to its owner


@dataclass(frozen=True, slots=True)
class Build:
    """What the machine is made of. `clock` is its own, as seconds ahead of the true time."""

    mac: str
    serial: str
    processors: int = 2
    memory_mib: int = 1024
    disk_bytes: int = 4 * GIB
    clock: int = 0


class Chassis:
    """Switched by its BMC, which is QMP. Every method raises BmcSilent when that does not answer.

    `folder` holds the disk, and in `ssh-port` where its SSH server is reached on the loopback. `console` is the file
    that gets the console's output of every boot, `tftp` the folder that the network boot begins with.
    """

    def __init__(self, build: Build, folder: Path, console: Path, tftp: Path) -> None:
        self._build, self._folder, self.console, self._tftp = build, folder, console, tftp
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._qmp: Qmp | None = None
        self._cable = True
        for needed in (folder, console.parent):
            needed.mkdir(parents=True, exist_ok=True)
        with self.disk.open("ab") as disk:
            disk.truncate(build.disk_bytes)

    @property
    def disk(self) -> Path:
        return self._folder / "disk.raw"

    def is_on(self) -> bool:
        with self._lock:
            return bool(self._bmc().ask("query-status")["running"])

    def switch_on(self) -> None:
        with self._lock:
            if self.is_on():
                return
            if self._bmc().ask("query-status")["status"] != "prelaunch":
                self._discard()  # it went off by itself, or was frozen
            self._bmc().ask("set_link", name="cable", up=self._cable)
            self._bmc().ask("cont")

    def cut_power(self) -> None:
        """At once, whatever it is doing. The BMC stays."""
        with self._lock:
            if self._process is not None:
                self._bmc().ask("query-status")
            self._discard()

    def plug(self, *, cable: bool) -> None:
        with self._lock:
            self._cable = cable
            if self._process is not None:
                self._bmc().ask("set_link", name="cable", up=cable)

    def freeze(self) -> None:
        """Its processors stop, as at a machine check: it has power and does nothing."""
        with self._lock:
            self._bmc().ask("stop")

    def hang_bmc(self) -> None:
        """From now on the BMC takes connections and answers nothing."""
        with self._lock:
            self._bmc()
            assert self._process is not None
            os.kill(self._process.pid, signal.SIGSTOP)

    def close(self) -> None:
        with self._lock:
            self._discard()

    def _discard(self) -> None:
        if self._qmp is not None:
            self._qmp.close()
            self._qmp = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _bmc(self) -> Qmp:
        if self._qmp is None or self._process is None or self._process.poll() is not None:
            self._discard()
            self._spawn()
        assert self._qmp is not None
        return self._qmp

    def _spawn(self) -> None:
        # A socket's path must be short, which a folder of somebody's choice is not.
        with tempfile.TemporaryDirectory(prefix="gough-bmc-") as place:
            path = Path(place) / "qmp"
            with (self._folder / "qemu.log").open("ab") as log:
                self._process = subprocess.Popen(
                    self._command(path), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            self._qmp = self._connected(path)
        (self._folder / "ssh-port").write_text(f"{self._forwarded()}\n")

    def _forwarded(self) -> int:
        """The port of the loopback that QEMU has chosen to lead to the machine's SSH server."""
        assert self._qmp is not None
        said = str(self._qmp.ask("human-monitor-command", **{"command-line": "info usernet"}))
        found = re.search(r"HOST_FORWARD\]\s+\S+\s+127\.0\.0\.1\s+(\d+)", said)
        return int(found[1]) if found else 0

    def _connected(self, path: Path) -> Qmp:
        pause, end = threading.Event(), time.monotonic() + SPAWN_SECONDS
        assert self._process is not None
        while self._process.poll() is None and time.monotonic() < end:
            try:
                return Qmp(path)
            except OSError:
                pause.wait(0.05)
        said = (self._folder / "qemu.log").read_text(errors="replace").strip()[-300:]
        raise BmcSilent(f"The machine's QEMU did not start: {said}")

    def _command(self, qmp: Path) -> list[str]:
        build, how = self._build, best()
        clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + build.clock)) if build.clock else "utc"
        network = f"user,id=net,tftp={self._tftp},bootfile=boot.ipxe,hostfwd=tcp:127.0.0.1:0-:22"
        return [
            "nice", "-n", str(NICE), QEMU, "-S", "-no-shutdown", "-nodefaults", "-display", "none",
            "-machine", "pc,graphics=off", "-accel", how.name, "-cpu", how.cpu,
            "-smp", str(build.processors), "-m", str(build.memory_mib), "-rtc", f"base={clock}",
            "-smbios", f"type=1,manufacturer=Lab,product=Virtual server,serial={build.serial}",
            "-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console",
            "-netdev", network, "-device", f"virtio-net-pci,id=cable,netdev=net,mac={build.mac},bootindex=1",
            "-drive", f"file={self.disk},format=raw,if=none,id=disk,cache=unsafe,discard=unmap,detect-zeroes=unmap",
            "-device", f"virtio-blk-pci,drive=disk,serial={build.serial}-0,bootindex=2",
            "-device", "virtio-rng-pci", "-qmp", f"unix:{qmp},server=on,wait=off",
        ]  # fmt: skip
