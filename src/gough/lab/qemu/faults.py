"""Which of the lab's faults can befall a machine of hardware, and what is then done to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gough.domain.errors import Invalid
from gough.lab.faults import YEAR, Injection
from gough.lab.maas import BootTarget


class Deed(StrEnum):
    """What somebody at the machine does, or what breaks."""

    PULL_CABLE = "the network cable is pulled"
    HANG_BMC = "the BMC stops answering"
    CUT_POWER = "the power is cut"
    FREEZE = "the processors stop"
    SPOIL_BOOT_SECTOR = "the disk's first sector is overwritten"
    LOSE_KERNEL = "the kernel is missing on the boot server"
    SPOIL_IMAGE = "the image is damaged on the boot server"
    SMALL_DISK = "the disk is too small"
    WRONG_CLOCK = "the clock is a year behind"


class When(StrEnum):
    BUILT = "built"  # the machine is like this from the start
    DEPLOYED_TO = "deployed-to"  # MAAS powers it on to deploy it
    BOOTS_FROM_DISK = "boots-from-disk"
    HAS_USER_DATA = "has-user-data"  # the installed system runs cloud-init
    SERVED = "served"  # what the boot server gives this machine


@dataclass(frozen=True, slots=True)
class Physical:
    """`when` is a `When`, or a part of the installation as curtin names it."""

    deed: Deed
    when: str


EXTRACT = "cmd-install/stage-extract"
PHYSICAL: Mapping[str, Physical] = {
    "power-fails": Physical(Deed.HANG_BMC, When.DEPLOYED_TO),
    "no-network-boot": Physical(Deed.PULL_CABLE, When.DEPLOYED_TO),
    "boot-image-lost": Physical(Deed.LOSE_KERNEL, When.SERVED),
    "image-damaged": Physical(Deed.SPOIL_IMAGE, When.SERVED),
    "install-disk-full": Physical(Deed.SMALL_DISK, When.BUILT),
    "install-stuck": Physical(Deed.FREEZE, EXTRACT),
    "power-lost": Physical(Deed.CUT_POWER, EXTRACT),
    "no-disk-boot": Physical(Deed.SPOIL_BOOT_SECTOR, When.BOOTS_FROM_DISK),
    "network-dies": Physical(Deed.PULL_CABLE, When.HAS_USER_DATA),
    "clock-wrong": Physical(Deed.WRONG_CLOCK, When.BUILT),
}
SMALL = 512 * 1024**2
BEHIND = -YEAR


def check(injections: Sequence[Injection]) -> None:
    """Raises Invalid for one that cannot be done to hardware."""
    for one in injections:
        if one.fault.name not in PHYSICAL:
            known = ", ".join(PHYSICAL)
            raise Invalid(f"'{one.fault.name}' cannot befall real machines.", hint=f"These can: {known}.")


def deed(injections: Sequence[Injection], number: int, when: str) -> Deed | None:
    """What befalls machine `number` then."""
    struck = (PHYSICAL[one.fault.name] for one in injections if one.machine in (0, number))
    return next((physical.deed for physical in struck if physical.when == when), None)


BOOT_MOMENTS: Mapping[BootTarget, str] = {BootTarget.LOCAL_DISK: When.BOOTS_FROM_DISK}
