"""Whether this machine waits for a reboot: Ubuntu says it in a file; elsewhere a newer kernel is a reason."""

import os

from gough_agent import host
from gough_agent.collector import FEW_MINUTES, Sample, collector

REQUIRED = "run/reboot-required"
KERNEL_LINKS = ("vmlinuz", "boot/vmlinuz")  # Debian's and Ubuntu's, to the newest installed
MAX_PACKAGES = 20


@collector("reboot", every=FEW_MINUTES)
def collect() -> Sample:
    """`installed_kernel` is null where nothing tells, as in a container; `packages` are those that asked for it."""
    running, installed = os.uname().release, _installed_kernel()
    packages = sorted(set((host.read(f"{REQUIRED}.pkgs") or "").splitlines()))
    return {
        "needed": host.path(REQUIRED).exists() or installed not in (None, running),
        "packages": packages[:MAX_PACKAGES],
        "running_kernel": running,
        "installed_kernel": installed,
    }


def _installed_kernel() -> str | None:
    for link in KERNEL_LINKS:
        try:
            target = host.path(link).readlink().name
        except OSError:
            continue
        return target.partition("-")[2] or None  # vmlinuz-6.1.0-40-amd64
    return None
