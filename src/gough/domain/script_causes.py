"""What it means when one of MAAS's scripts fails, as a table: which script, what its output says, what to do.

The first row that fits holds, so what an output says comes before what the script's name alone says.

Names and texts of the scripts: MAAS 3.4 `metadataserver/builtin_scripts/`, and what runs them,
`metadataserver/user_data/templates/snippets/maas_run_remote_scripts.py`. The installer's log: curtin 23.1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LAST, TELLING = 15, 5  # lines of an output: its last ones say what went wrong, earlier ones may say why
NAMES_THE_DEVICE = r"^(Serial Number|Serial number|Device Model|Product|Model Number): "  # smartctl's own lines
BUILTIN = "MAAS `builtin_scripts/"
RUNNER = "MAAS `maas_run_remote_scripts.py`"


@dataclass(frozen=True, slots=True)
class ScriptCause:
    """Regular expressions: `scripts` is the whole name, `status` the whole status, `output` is searched by lines."""

    cause: str
    scripts: str
    summary: str
    next_action: str
    source: str
    output: str = ""
    status: str = ".*"
    kind: str = "commissioning|testing"

    def fits(self, name: str, kind: str, status: str, output: str) -> bool:
        return (
            re.fullmatch(self.scripts, name) is not None
            and re.fullmatch(self.kind, kind) is not None
            and re.fullmatch(self.status, status.lower()) is not None
            and re.search(self.output, output, re.MULTILINE) is not None
        )


RUNNING = (
    ScriptCause(
        "disk-missing", ".*",
        "A disk that MAAS knows is not there any more: it was taken out, or the machine no longer sees it.",
        "Look for the disk with the serial quoted: cable, bay, controller. Then test again; where it was taken out on "
        "purpose, commission the machine, which finds the disks anew.",
        RUNNER, r"^'?Storage device '.*' with serial '.*' not found!|MAAS did not detect any storage devices",
    ),
    ScriptCause(
        "interface-missing", ".*",
        "A network interface that MAAS knows is not there any more.",
        "Look at the card with the MAC address quoted; where it was changed on purpose, commission the machine.",
        RUNNER, r"Interface device .* has not been found!|MAAS did not detect any interfaces",
    ),
    ScriptCause(
        "network-setup-broken", ".*",
        "With the network as it is set up in MAAS, the machine no longer reaches MAAS.",
        "Check the machine's interfaces, VLANs and subnets in MAAS (machine, Network) against its cables; test again.",
        RUNNER, status="failed to apply custom network configuration",
    ),
    ScriptCause(
        "script-packages-missing", ".*",
        "The packages that a script needs could not be installed, so it did not run.",
        "Check that the machine's network reaches the package mirror or MAAS's proxy (MAAS: Settings, Network, "
        "Proxy); then repeat.",
        RUNNER, status="failed installing dependencies",
    ),
)  # fmt: skip

TESTS = (
    ScriptCause(
        "disk-failing", "smartctl-.*",
        "A disk reports by SMART that it is failing, or no longer answers.",
        "Replace the disk that the evidence names, commission the machine, then test it again.",
        f"{BUILTIN}testing_scripts/smartctl.py`, smartctl(8)",
    ),
    ScriptCause(
        "disk-bad-blocks", "badblocks.*",
        "A disk has blocks that cannot be read or written.",
        "Replace the disk that the evidence names, commission the machine, then test it again.",
        f"{BUILTIN}testing_scripts/badblocks.py`, badblocks(8)",
    ),
    ScriptCause(
        "disk-io-errors", "fio",
        "A disk could not be written and read under load.",
        "Look at the errors quoted and at the kernel's log on the console: the disk, its cable or its controller. "
        "fio overwrites the disk, so it also fails on one in use.",
        f"{BUILTIN}testing_scripts/fio.py`, fio(1)",
    ),
    ScriptCause(
        "memory-failing", "memtester|stress-ng-memory-.*",
        "The memory test found errors: a memory module is faulty or badly seated.",
        "Look into the BMC's event log for the slot; reseat or replace the module, then test again.",
        f"{BUILTIN}testing_scripts/memtester.sh`, `stress-ng-memory-*.sh`; memtester(8), stress-ng(1)",
    ),
    ScriptCause(
        "cpu-unstable", "stress-ng-cpu-.*|7z",
        "The processor did not get through its load test.",
        "Check cooling, power supplies and firmware, and the BMC's event log; then test again.",
        f"{BUILTIN}testing_scripts/stress-ng-cpu-*.sh`, `seven_z.py`",
    ),
    ScriptCause(
        "no-internet", "internet-connectivity",
        "From one of its interfaces the machine does not reach the addresses that the test asks for.",
        "Check that interface's subnet, gateway, DNS and firewall. Where machines are not to reach the internet, "
        "test an address of your own: script parameter url.",
        f"{BUILTIN}testing_scripts/internet-connectivity.sh`",
    ),
    ScriptCause(
        "gateway-unreachable", "gateway-connectivity",
        "From one of its interfaces the machine does not reach the subnet's gateway.",
        "Check the cable, the switch port's VLAN and the gateway of that subnet in MAAS; then test again.",
        f"{BUILTIN}testing_scripts/gateway-connectivity.sh`",
    ),
    ScriptCause(
        "rack-controller-unreachable", "rack-controller-connectivity",
        "From one of its interfaces the machine does not reach the rack controller that it booted from.",
        "Check that interface's VLAN, routes and firewall towards the rack controller; then test again.",
        f"{BUILTIN}testing_scripts/rack-controller-connectivity.sh`",
    ),
    ScriptCause(
        "ntp-unreachable", "ntp",
        "The machine could not set its clock: it does not reach its NTP servers.",
        "Check that UDP port 123 is open to the servers in MAAS (Settings, Network, NTP) or to the rack controller.",
        f"{BUILTIN}testing_scripts/ntp.sh`",
    ),
)  # fmt: skip

COMMISSIONING = (
    ScriptCause(
        "bmc-without-address", "30-maas-01-bmc-config",
        "The machine's BMC has no IP address, so MAAS could not take over its power control.",
        "Give the BMC an address (its set-up, or DHCP on its network) and check its cable; then commission again, or "
        "skip the BMC's configuration and enter the power settings by hand.",
        f"{BUILTIN}commissioning_scripts/bmc_config.py`", r"Unable to determine BMC IP address!",
    ),
    ScriptCause(
        "bmc-not-configured", "30-maas-01-bmc-config",
        "MAAS could not make itself an account on the machine's BMC.",
        "Free a user slot on the BMC and check its password rules and firmware; then commission again, or skip the "
        "BMC's configuration and enter the power settings by hand.",
        f"{BUILTIN}commissioning_scripts/bmc_config.py`",
    ),
    ScriptCause(
        "hardware-probe-hangs", "maas-lshw",
        "Listing the hardware did not end in time: a device does not answer while it is probed.",
        "Look at the machine's console for the device; update its firmware or take it out, then commission again.",
        f"{BUILTIN}hooks.py`, script maas-lshw with a timeout of 5 min", status="timed out",
    ),
    ScriptCause(
        "no-dhcp-on-interface", "20-maas-02-dhcp-unconfigured-ifaces",
        "An interface with a link got no address by DHCP.",
        "Check the VLAN of that interface's switch port, and DHCP on that VLAN; then commission again.",
        f"{BUILTIN}commissioning_scripts/dhcp_unconfigured_ifaces.py`",
    ),
    ScriptCause(
        "packages-unreachable", "20-maas-01-install-lldpd",
        "The machine could not install lldpd: it does not reach the package mirror.",
        "Check that the machine's network reaches the mirror or MAAS's proxy; then commission again.",
        f"{BUILTIN}commissioning_scripts/install_lldpd.py`",
    ),
    ScriptCause(
        "inventory-failed", "20-maas-03-machine-resources|50-maas-01-commissioning",
        "The machine's inventory could not be taken.",
        "Read the output quoted; look at the machine's console for hardware errors, then commission again.",
        f"{BUILTIN}hooks.py`",
    ),
)  # fmt: skip

LOG = r"\S*/install\.log"  # curtin's, under the path that MAAS gives it
INSTALLATION = (
    ScriptCause(
        "bootloader-failed", LOG,
        "The system was installed, but its bootloader could not be: the machine would not boot from the disk.",
        "Read grub's words in the evidence. Full or locked UEFI variables: delete old boot entries in the firmware's "
        "set-up. Otherwise check UEFI or legacy boot, and the boot disk in MAAS; then retry (the disk is wiped).",
        "curtin `commands/install_grub.py`; grub-install(8)",
        r"grub-install: error: |failed to install grub|Could not prepare Boot variable", kind="installation",
    ),
    ScriptCause(
        "install-disk-full", LOG,
        "A file system ran full during the installation.",
        "Choose a larger disk or another storage layout (`--storage-layout`), then retry (the disk is wiped).",
        "curtin; errno ENOSPC", r"No space left on device", kind="installation",
    ),
    ScriptCause(
        "image-damaged", LOG,
        "The image that MAAS gave the machine is damaged, or was damaged on its way.",
        "Delete that image in MAAS (Images) and let it be imported again on the region and its rack controllers; then "
        "retry (the disk is wiped).",
        "curtin `commands/extract.py`, `block_meta.py`; what xz, gzip, zstd and unsquashfs say of broken input",
        r"Data corruption detected|doesn't match checksum|premature end|[Cc]ompressed data is corrupt|crc error"
        r"|unexpected end of file|Unexpected EOF|FATAL ERROR: ?[Ff]ailed to read",
        kind="installation",
    ),
    ScriptCause(
        "mirror-not-trusted", LOG,
        "A package archive is signed with a key that the installer does not have, or not at all.",
        "Enter the archive's key in MAAS (Settings, Package repos), or in the template's apt section; then retry.",
        "curtin `commands/apt_config.py`; apt-secure(8)",
        r"GPG error: |NO_PUBKEY|EXPKEYSIG|BADSIG|^E: The repository '.*' is (not signed|no longer signed)",
        kind="installation",
    ),
    ScriptCause(
        "mirror-unreachable", LOG,
        "The installer could not fetch packages: it does not reach the archive, or the archive lacks them.",
        "Check the mirror and the proxy in MAAS (Settings, Package repos; Network, Proxy), DNS and the firewall of "
        "the machine's network; then retry.",
        "curtin `commands/curthooks.py`; apt-get(8)",
        r"^(E|Err|W): ?.*(Failed to fetch|Unable to locate package)|Temporary failure resolving|Could not resolve '|"
        r"Could not connect to |Unable to connect to ",
        kind="installation",
    ),
    ScriptCause(
        "install-disk-missing", LOG,
        "The disk that the system was to be installed on is not there.",
        "Look for the disk that the evidence names; commission the machine so that MAAS finds its disks anew; retry.",
        "curtin `block/__init__.py:lookup_disk`, `commands/block_meta.py:get_path_to_storage_volume`",
        r"no disk with serial '|Failed to find storage volume id=|"
        r"block device for disk with serial '.*' +does not exist|[Uu]nable to find a suitable disk",
        kind="installation",
    ),
    ScriptCause(
        "partitioning-failed", LOG,
        "The disks could not be partitioned or formatted.",
        "Read the command quoted: a disk in use by an old RAID, LVM or multipath set, or one that fails. Release the "
        "machine with its disks erased (`--erase-mode quick`), test the disk, then deploy again.",
        "curtin `commands/block_meta.py`, `util.py:ProcessExecutionError`",
        r"^Command: \['?(sgdisk|sfdisk|parted|partprobe|wipefs|mkfs[.\w]*|mdadm|pvcreate|vgcreate|lvcreate|"
        r"make-bcache)\b|Device or resource busy|unable to inform the kernel of the change",
        kind="installation",
    ),
    ScriptCause(
        "image-not-fetched", LOG,
        "The installer could not fetch the operating system's image.",
        "Check in MAAS that the image is synced to the rack controller (Images; Controllers), and that the machine's "
        "network reaches its port 5248; then retry.",
        "curtin `commands/extract.py`; wget(1)",
        r"wget: |ERROR 404: Not Found|Connection (refused|timed out)", kind="installation",
    ),
)  # fmt: skip

SCRIPT_CAUSES: tuple[ScriptCause, ...] = (*RUNNING, *TESTS, *COMMISSIONING, *INSTALLATION)


def cause_of(name: str, kind: str, status: str, output: str) -> ScriptCause | None:
    """What it means that this script ended so; None where no row fits. Only for scripts that failed."""
    return next((cause for cause in SCRIPT_CAUSES if cause.fits(name, kind, status, output)), None)


def excerpt(name: str, output: str) -> str:
    """The end of an output, below the few earlier lines that say why, or on which device."""
    lines = output.strip().splitlines()
    patterns = [c.output for c in SCRIPT_CAUSES if c.output and re.fullmatch(c.scripts, name)] + [NAMES_THE_DEVICE]
    telling = [line for line in lines[:-LAST] if _tells(line, patterns)]
    return "\n".join([*telling[:TELLING], *lines[-LAST:]])


def _tells(line: str, patterns: Sequence[str]) -> bool:
    return any(re.search(pattern, line) for pattern in patterns)
