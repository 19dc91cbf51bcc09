"""Faults to inject by name: one table. Each names the point of a machine's life where it strikes."""

from dataclasses import dataclass
from enum import StrEnum

from gough.domain.errors import Invalid, NotFound
from gough.lab import fault_words as words


class Point(StrEnum):
    """Where a machine, its region or Gough itself can go wrong, in the order of a machine's life."""

    BMC_LOGIN = "bmc-login"
    COMMISSIONING = "commissioning"
    TESTING = "testing"
    MAAS_DEPLOY = "maas-deploy"
    POWER_ON = "power-on"
    NETWORK_BOOT = "network-boot"
    BOOT_IMAGE = "boot-image"
    INSTALL = "install"
    POWER_CUT = "power-cut"
    SOMEBODY = "somebody"
    DISK_BOOT = "disk-boot"
    NETWORK = "network"
    CLOUD_INIT = "cloud-init"
    AGENT_SETTINGS = "agent-settings"
    AGENT_START = "agent-start"
    OSQUERY_START = "osquery-start"
    OSQUERY_TABLE = "osquery-table"
    SSH = "ssh"
    PLAYBOOK = "playbook"
    GOUGH = "gough"


# What can still go wrong with a machine that somebody else installed.
LATER = frozenset({
    Point.AGENT_SETTINGS, Point.AGENT_START, Point.OSQUERY_START, Point.OSQUERY_TABLE, Point.GOUGH,
})  # fmt: skip
YEAR = 365 * 86400


@dataclass(frozen=True, slots=True)
class Fault:
    """`where` is the script, the part or the person that it strikes, as the point understands it; `says` is what that
    leaves in its log before it ends: nothing when it hangs. `clock` is the machine's, in seconds ahead.
    """

    name: str
    point: Point
    summary: str
    where: str = ""
    says: str = ""
    clock: float = 0


P = Point
PACKAGES = "modules-final/config-package_update_upgrade_install"
SOURCES = "modules-config/config-apt_configure"
SCRIPTS = "modules-final/config-scripts_user"

FAULTS = (
    Fault("bmc-password", P.BMC_LOGIN, "the BMC refuses MAAS's password when a machine is to be commissioned", "",
          words.BMC_PASSWORD),
    Fault("commissioning-script", P.COMMISSIONING, "a commissioning script fails", "maas-lshw", words.LSHW),
    Fault("commissioning-stuck", P.COMMISSIONING, "a commissioning script never ends", "maas-lshw"),
    Fault("disk-failing", P.TESTING, "a disk fails its SMART test", "smartctl-validate", words.SMART),
    Fault("maas-503", P.MAAS_DEPLOY, "MAAS answers every deploy request with 503", "503", words.NO_ADDRESS),
    Fault("maas-refuses", P.MAAS_DEPLOY, "MAAS refuses to deploy: it has no image of this release", "400",
          words.NO_IMAGE),
    Fault("power-fails", P.POWER_ON, "the BMC stops answering before the deployment powers the machine on", "",
          words.BMC_SILENT),
    Fault("no-network-boot", P.NETWORK_BOOT, "the machine never asks for a boot image: its cable is in another VLAN"),
    Fault("boot-image-lost", P.BOOT_IMAGE, "the machine asks for a boot image and cannot load it"),
    Fault("disk-missing", P.INSTALL, "curtin does not find the disk that commissioning saw", "stage-partitioning",
          words.NO_DISK),
    Fault("install-disk-full", P.INSTALL, "the image does not fit on the disk", "stage-extract", words.DISK_FULL),
    Fault("image-damaged", P.INSTALL, "the image is damaged on its way to the disk", "stage-extract", words.DAMAGED),
    Fault("install-no-mirror", P.INSTALL, "curtin cannot reach the package mirror", "stage-curthooks",
          words.NO_MIRROR),
    Fault("install-grub", P.INSTALL, "the boot loader cannot be installed", "stage-curthooks", words.GRUB),
    Fault("curtin-fails", P.INSTALL, "a command of the site's own curtin configuration fails", "stage-curthooks",
          words.LATE_COMMAND),
    Fault("install-stuck", P.INSTALL, "the installer hangs while it writes the image", "stage-extract"),
    Fault("power-lost", P.POWER_CUT, "the power is cut while the image is written", "stage-extract"),
    Fault("maas-forgets", P.SOMEBODY, "somebody deletes the machine in MAAS while it is installed", "delete"),
    Fault("released", P.SOMEBODY, "somebody releases the machine in MAAS while it is installed", "release"),
    Fault("aborted", P.SOMEBODY, "somebody aborts the deployment in MAAS", "abort"),
    Fault("no-disk-boot", P.DISK_BOOT, "the installed system never comes up"),
    Fault("network-dies", P.NETWORK, "the installed system cannot reach Gough"),
    Fault("cloud-init-mounts", P.CLOUD_INIT, "cloud-init cannot mount a disk (init-network)",
          "init-network/config-mounts", words.NO_MOUNT),
    Fault("cloud-init-sources", P.CLOUD_INIT, "cloud-init cannot add a package source (modules-config)", SOURCES,
          words.NO_KEY),
    Fault("cloud-init-packages", P.CLOUD_INIT, "packages cannot be installed (modules-final)", PACKAGES,
          words.NO_PACKAGES),
    Fault("cloud-init-error", P.CLOUD_INIT, "a script of the user-data fails at first boot", SCRIPTS, words.NO_SCRIPT),
    Fault("cloud-init-stuck", P.CLOUD_INIT, "a script of the user-data never ends", SCRIPTS),
    Fault("dns-down", P.CLOUD_INIT, "the installed system cannot resolve names", SOURCES, words.NO_NAMES),
    Fault("disk-full", P.CLOUD_INIT, "the installed system's disk fills up at first boot", PACKAGES, words.NO_SPACE),
    Fault("clock-wrong", P.CLOUD_INIT, "the machine's clock is a year behind, so packages look not valid yet",
          PACKAGES, words.NO_PACKAGES, -YEAR),
    Fault("wrong-token", P.AGENT_SETTINGS, "the agent has another machine's token: its disk is a copy",
          "GOUGH_ENROLMENT_TOKEN"),
    Fault("key-rejected", P.AGENT_SETTINGS, "the agent reports with a key that came with an image", "AGENT_API_KEY",
          "a-key-that-nobody-knows"),
    Fault("agent-never-enrols", P.AGENT_START, "the agent is installed but never starts"),
    Fault("osquery-never-enrols", P.OSQUERY_START, "osquery is installed, and crashes before it enrols in Fleet"),
    Fault("critical-policy-fails", P.OSQUERY_TABLE, "a second account has root's id, which a critical policy forbids",
          "users"),
    Fault("ssh-unreachable", P.SSH, "the machine's SSH server does not run, so no playbook reaches it"),
    Fault("playbook-fails", P.PLAYBOOK, "a task of the playbook fails: a folder stands where it writes a file",
          "etc/motd"),
    Fault("fleet-down", P.GOUGH, "Fleet stops answering before the machine can enrol", "fleet"),
    Fault("worker-killed", P.GOUGH, "kill -9 to Gough while the machine is installed", "worker"),
    Fault("database-down", P.GOUGH, "the database stops answering for some seconds", "database"),
    Fault("redis-down", P.GOUGH, "Redis dies and comes back with nothing (where Celery runs)", "redis"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Injection:
    """`machine` counts from 1; 0 strikes every machine."""

    fault: Fault
    machine: int = 0

    def strikes(self, point: Point, machine: int) -> bool:
        return self.fault.point is point and self.machine in (0, machine)


def find(name: str) -> Fault:
    """Raises NotFound."""
    fault = next((fault for fault in FAULTS if fault.name == name), None)
    if fault is None:
        known = ", ".join(fault.name for fault in FAULTS)
        raise NotFound(f"There is no fault '{name}'.", hint=f"Known faults: {known}.")
    return fault


def parse(text: str, machines: int, preinstalled: int = 0) -> Injection:
    """`install-stuck` strikes every machine, `install-stuck:2` the second. Raises NotFound or Invalid.

    The last `preinstalled` machines are not struck by what happens before their adoption.
    """
    name, _, number = text.partition(":")
    fault = find(name)
    if number and not (number.isdecimal() and 1 <= int(number) <= machines):
        raise Invalid(f"'{text}': the machine is a number from 1 to {machines}.")
    if number and int(number) > machines - preinstalled and fault.point not in LATER:
        hint = f"Only the first {machines - preinstalled} machines are deployed by Gough."
        raise Invalid(f"'{text}': machine {number} is preinstalled and never gets to {fault.point}.", hint=hint)
    return Injection(fault, int(number or 0))
