"""A machine that is one: its BMC switches QEMU, and it boots what the network gives it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread

from gough.domain.machine_status import MachineStatus
from gough.lab.faults import Injection
from gough.lab.maas import BootTarget, Region
from gough.lab.qemu import faults
from gough.lab.qemu.chassis import GIB, Build, Chassis
from gough.lab.qemu.faults import Deed, When
from gough.lab.qemu.image import Images

DISK = 4 * GIB
SPOILT = 4096  # bytes in the middle of the image
SECTOR = 512
CONSOLES = "consoles"  # beside the machines' folders, as a console server names its files
LOST = "kernel-that-is-not-there"


class QemuMachine:
    """Number `number` of the lab, from 1. `folder` holds its disk and its console's log."""

    def __init__(
        self, number: int, region: Region, folder: Path, injections: tuple[Injection, ...], images: Images, tftp: Path
    ) -> None:
        self.number, self.hostname = number, f"node-{number:02}"
        self.mac = f"52:54:00:6c:{number // 256:02x}:{number % 256:02x}"
        self.system_id = ""
        self._region, self._folder, self._images, self._injections = region, folder, images, injections
        built = self._deed(When.BUILT)
        self.chassis = Chassis(
            Build(
                self.mac, f"LAB{number:05}",
                disk_bytes=faults.SMALL if built is Deed.SMALL_DISK else DISK,
                clock=faults.BEHIND if built is Deed.WRONG_CLOCK else 0,
            ),
            folder, folder.parent / CONSOLES / f"{self.hostname}.log", tftp,
        )  # fmt: skip

    def enlist(self) -> None:
        """Somebody presses its power button. It tells by itself what it is, some time later."""
        self.chassis.switch_on()

    def enlisted(self) -> None:
        if not self.system_id:
            self.system_id = self._region.enlist(hostname=self.hostname, mac_addresses=[self.mac])

    def power_state(self) -> str:
        """on or off, as the BMC tells. Raises BmcSilent when it does not."""
        return "on" if self.chassis.is_on() else "off"

    def power_on(self) -> None:
        """Raises BmcSilent."""
        if self._deploying:
            self._strike(When.DEPLOYED_TO)
        self.chassis.switch_on()
        self._tell_power(on=True)

    def power_off(self) -> None:
        """Raises BmcSilent."""
        self.chassis.cut_power()
        self._tell_power(on=False)

    def close(self) -> None:
        self.chassis.close()

    @property
    def is_up(self) -> bool:
        """Nobody logs in to it here."""
        return False

    def type_in(self, command: str) -> str:
        return f"{self.hostname} has no keyboard to type '{command}' on"

    def refused(self) -> tuple[int, str] | None:
        """MAAS refuses none of them."""
        return None

    def kernel(self) -> str:
        return LOST if self._deploying and self._deed(When.SERVED) is Deed.LOSE_KERNEL else "kernel"

    def image(self) -> Path:
        return self._spoilt() if self._deed(When.SERVED) is Deed.SPOIL_IMAGE else self._images.disk

    def boots(self, target: BootTarget) -> None:
        self._strike(faults.BOOT_MOMENTS.get(target, ""))

    def reported(self, part: str, event_type: str) -> None:
        if event_type == "start":
            self._strike(part)

    def fetched_user_data(self) -> None:
        self._strike(When.HAS_USER_DATA)

    @property
    def _deploying(self) -> bool:
        try:
            return self._region.status(self.system_id) is MachineStatus.DEPLOYING
        except KeyError:  # deleted meanwhile
            return False

    def _deed(self, when: str) -> Deed | None:
        return faults.deed(self._injections, self.number, when)

    def _strike(self, when: str) -> None:
        """What befalls it at this moment, if anything does."""
        deed = self._deed(when)
        if deed in self._deeds:
            self._deeds[deed]()

    @property
    def _deeds(self) -> Mapping[Deed | None, Callable[[], None]]:
        return {
            Deed.PULL_CABLE: lambda: self.chassis.plug(cable=False),
            Deed.HANG_BMC: self.chassis.hang_bmc,
            Deed.CUT_POWER: self._outage,
            Deed.FREEZE: self.chassis.freeze,
            Deed.SPOIL_BOOT_SECTOR: self._spoil_boot_sector,
        }

    def _outage(self) -> None:
        """In a thread of its own: whoever reported something is still waiting for the answer."""
        Thread(target=self.power_off, name=f"{self.hostname}-outage", daemon=True).start()

    def _spoil_boot_sector(self) -> None:
        with self.chassis.disk.open("r+b") as disk:
            disk.write(bytes(SECTOR))

    def _spoilt(self) -> Path:
        """A copy of the image with a hole in it."""
        copy = self._folder / "spoilt.zst"
        if not copy.exists():
            content = bytearray(self._images.disk.read_bytes())
            middle = len(content) // 2
            content[middle : middle + SPOILT] = bytes(SPOILT)
            copy.write_bytes(content)
        return copy

    def _tell_power(self, *, on: bool) -> None:
        with suppress(KeyError):  # not enlisted yet, or deleted since
            self._region.power_changed(self.system_id, on=on)
