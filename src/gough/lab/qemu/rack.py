"""The rack: machines of hardware with the boot server that they share."""

from collections.abc import Mapping
from pathlib import Path

from gough.domain.errors import Unavailable
from gough.lab.faults import Injection
from gough.lab.maas import Region
from gough.lab.qemu import acceleration, image
from gough.lab.qemu.boot import HOST
from gough.lab.qemu.machine import CONSOLES, QemuMachine
from gough.lab.qemu.provisioner import Provisioner

DEADLINES = {
    "validate": "1m", "submit": "2m", "commission": "15m", "test": "15m", "install": "15m", "first-boot": "15m",
    "agent": "5m", "verify": "5m", "release": "10m", "erase": "20m",
}  # fmt: skip
"""The stages' deadlines on emulated processors; with KVM everything takes a fraction of them."""


class QemuRack:
    """A `MakeMachine` for the hall. Raises Unavailable without QEMU, or when no image is built."""

    def __init__(self) -> None:
        self.images = image.load()
        if not acceleration.installed():
            raise Unavailable("lab", f"{acceleration.QEMU} is not installed (Debian: qemu-system-x86, ipxe-qemu)")
        self.provisioner: Provisioner | None = None

    def __call__(self, number: int, region: Region, folder: Path, injections: tuple[Injection, ...]) -> QemuMachine:
        if self.provisioner is None:
            self.provisioner = Provisioner(region, self.images, folder.parent)
        made = QemuMachine(number, region, folder, injections, self.images, self.provisioner.tftp)
        self.provisioner.add(made)
        return made

    def close(self) -> None:
        if self.provisioner is not None:
            self.provisioner.close()


def settings(port: int, machines: Path, deadlines: Mapping[str, str] = DEADLINES) -> dict[str, str]:
    """What Gough's server is told: where such machines find it, how long they may take, where their consoles are.

    `machines` is the folder of their folders.
    """
    return {
        "GOUGH_PUBLIC_URL": f"http://{HOST}:{port}",
        "GOUGH_DEADLINES": ",".join(f"{name}={time}" for name, time in {**DEADLINES, **deadlines}.items()),
        "GOUGH_CONSOLE_DIR": str(machines.resolve() / CONSOLES),
        "GOUGH_AGENT_INTERVAL_SECONDS": "10",
    }
