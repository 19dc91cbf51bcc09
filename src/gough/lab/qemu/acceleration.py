"""Whether KVM works here. Found by trying: a /dev/kvm that opens may still fail with the first virtual processor."""

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

QEMU = "qemu-system-x86_64"
TRY_SECONDS = 10
TRIAL = (
    '{"execute": "qmp_capabilities"}\n{"execute": "cont"}\n{"execute": "query-status"}\n{"execute": "quit"}\n'
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Accelerator:
    """QEMU's names."""

    name: str
    cpu: str


KVM = Accelerator("kvm", "host")
TCG = Accelerator("tcg,thread=multi", "Nehalem")


def installed() -> bool:
    return shutil.which(QEMU) is not None


@cache
def best() -> Accelerator:
    return KVM if _runs(KVM) else TCG


def _runs(one: Accelerator) -> bool:
    """Whether a machine with it can be made and started."""
    command = [QEMU, "-accel", one.name, "-cpu", one.cpu, "-m", "64", "-S", "-nodefaults", "-display", "none"]
    try:
        done = subprocess.run(
            [*command, "-qmp", "stdio"], input=TRIAL.encode(), capture_output=True, timeout=TRY_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b'"running": true' in done.stdout
