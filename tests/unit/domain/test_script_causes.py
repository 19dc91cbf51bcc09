"""Failed scripts of MAAS's and what they mean: the texts are those that the real tools print."""

import re
from datetime import UTC, datetime

import pytest

from gough.domain.diagnosis_rule import Rule
from gough.domain.diagnosis_scripts import SCRIPT_RULES, said_of
from gough.domain.script_causes import LAST, SCRIPT_CAUSES, cause_of, excerpt
from gough.domain.timeline import Level, MaasEvent, Source, TimelineEvent

LOG, BMC = "/tmp/install.log", "30-maas-01-bmc-config"
# MAAS 3.4 `smartctl.py:check_smartctl`, and the part of `smartctl --xall` (7.2) that names the drive.
SMART = """\
INFO: Verifying SMART support for the following drive: /dev/sdb
Device Model:     SAMSUNG MZ7LH480HAHQ-00005
Serial Number:    S45PNA0M412345
INFO: SMART support is available; continuing...
INFO: Verifying SMART data on /dev/sdb
INFO: Running command: sudo -n smartctl --xall /dev/sdb
FAILURE: SMART tests have FAILED for: /dev/sdb
The test exited with return code 8! See the smarctl manpage for information on the return code meaning. \
For more information on the test failures, review the test output provided below."""
BADBLOCKS = "Pass completed, 3 bad blocks found. (3/0/0 errors)\nFAILURE: Test FAILED!\nINFO: 3 badblocks found"
MEMTESTER = "FAILURE: 0xffffffffffffffff != 0xfffffffffffffeff at offset 0x0012c4a8.\n  Bit Flip            : FAILURE!"
FIO = "fio failed to run!\nfio: io_u error on file /dev/sdb: Input/output error: write offset=4096, buflen=4096"
STRESS = "stress-ng: fail:  [812] vm: detected 4 bit errors while stressing memory"
NIC = "Interface device eth1 (vendor: Intel product: X710) with MAC address 52:54:00:00:00:01 has not been found!"
PING = "Running command: ping -c 10 -I eth1 10.0.0.1\n10 packets transmitted, 0 received, 100% packet loss, time 9203ms"
CURL = "Running command: curl -ILSsv https://example.com\ncurl: (28) Failed to connect to example.com port 443"
MISSING = (
    "'Storage device 'SAMSUNG MZ7LH480' with serial 'S45PNA0M412345' not found!\n\nThis indicates the storage device "
    "has been removed or the OS is unable to find it due to a hardware failure."
)
# curtin 23.1: `util.ProcessExecutionError`, `block.lookup_disk`, `commands/block_meta.py`.
CURTIN_END = "curtin: Installation failed with exception: Unexpected error while running command."
GRUB = (
    "grub-install: warning: Cannot set EFI variable Boot0007.\ngrub-install: error: failed to register the EFI boot "
    f"entry: No space left on device.\n{CURTIN_END}"
)
MKFS = f"Command: ['mkfs.ext4', '-F', '-L', 'root', '/dev/sda2']\nExit code: 1\n{CURTIN_END}"
ZSTD = "/*stdin*\\ : Decoding error (36) : Data corruption detected"
WGET = f"wget: can't connect to remote host (10.0.0.2): Connection refused\n{CURTIN_END}"
APT = "E: Failed to fetch http://archive.ubuntu.com/ubuntu/pool/main/g/grub2.deb  Temporary failure resolving 'proxy'"
KEY = (
    "W: GPG error: http://mirror.example noble InRelease: The following signatures couldn't be verified because the "
    "public key is not available: NO_PUBKEY 871920D1991BC93C"
)
FAILURES = [
    ("smartctl-validate", "testing", "Failed", SMART, "disk-failing"),
    ("smartctl-long", "testing", "Timed out", "", "disk-failing"),
    ("smartctl-validate", "testing", "Failed", MISSING, "disk-missing"),
    ("badblocks-destructive", "testing", "Failed", BADBLOCKS, "disk-bad-blocks"),
    ("fio", "testing", "Failed", FIO, "disk-io-errors"),
    ("memtester", "testing", "Failed", MEMTESTER, "memory-failing"),
    ("stress-ng-memory-short", "testing", "Failed", STRESS, "memory-failing"),
    ("stress-ng-cpu-long", "testing", "Timed out", "", "cpu-unstable"),
    ("internet-connectivity", "testing", "Failed", CURL, "no-internet"),
    ("gateway-connectivity", "testing", "Failed", PING, "gateway-unreachable"),
    ("rack-controller-connectivity", "testing", "Failed", PING, "rack-controller-unreachable"),
    ("ntp", "testing", "Failed", "INFO: ntpd detected.\nntpq: read: Connection refused", "ntp-unreachable"),
    ("ntp", "testing", "Failed installing dependencies", APT, "script-packages-missing"),
    ("ntp", "testing", "Failed to apply custom network configuration", "", "network-setup-broken"),
    (BMC, "commissioning", "Failed", "ERROR: Unable to determine BMC IP address!", "bmc-without-address"),
    (BMC, "commissioning", "Failed", "ERROR: Unable to add BMC user!", "bmc-not-configured"),
    ("20-maas-01-install-lldpd", "commissioning", "Failed", APT, "packages-unreachable"),
    ("20-maas-02-dhcp-unconfigured-ifaces", "commissioning", "Failed", "dhclient: timed out", "no-dhcp-on-interface"),
    ("20-maas-03-machine-resources", "commissioning", "Failed", "", "inventory-failed"),
    ("gateway-connectivity", "testing", "Failed", NIC, "interface-missing"),
    ("maas-lshw", "commissioning", "Timed out", "", "hardware-probe-hangs"),
    (LOG, "installation", "Failed", GRUB, "bootloader-failed"),
    (LOG, "installation", "Failed", f"OSError: [Errno 28] No space left on device\n{CURTIN_END}", "install-disk-full"),
    (LOG, "installation", "Failed", f"{ZSTD}\n{CURTIN_END}", "image-damaged"),
    (LOG, "installation", "Failed", f"{KEY}\n{APT}\n{CURTIN_END}", "mirror-not-trusted"),
    (LOG, "installation", "Failed", f"{APT}\n{CURTIN_END}", "mirror-unreachable"),
    (LOG, "installation", "Failed", "ValueError: no disk with serial 'S45PNA0M412345' found", "install-disk-missing"),
    (LOG, "installation", "Failed", MKFS, "partitioning-failed"),
    (LOG, "installation", "Failed", WGET, "image-not-fetched"),
]  # fmt: skip


def first(event: TimelineEvent) -> Rule | None:
    """The first rule whose one pattern the event matches."""
    for rule in SCRIPT_RULES:
        (pattern,) = rule.present
        if re.search(pattern.kind, event.kind) and re.search(pattern.message, event.message):
            return rule
    return None


@pytest.mark.parametrize(("name", "kind", "status", "output", "cause"), FAILURES)
@pytest.mark.parametrize("device", ["", "sdb, SAMSUNG MZ7LH480, serial S45PNA0M412345"], ids=["", "device"])
def test_a_failed_script_has_its_cause_on_the_timeline_and_beside_its_output(
    name: str, kind: str, status: str, output: str, cause: str, device: str
) -> None:
    said = said_of(name, kind, device, status, excerpt(name, output))
    found = first(TimelineEvent(Source.MAAS, MaasEvent.SCRIPT_OUTPUT, said, datetime.now(UTC), Level.ERROR))
    assert found is not None and found.cause == cause
    assert found.stages == ({"install"} if kind == "installation" else {"commission", "test"})
    beside = cause_of(name, kind, status, output)
    assert beside is not None and beside.cause == cause


def test_every_row_of_the_table_is_seen_above() -> None:
    assert {row.cause for row in SCRIPT_CAUSES} == {cause for *_, cause in FAILURES}


def test_a_script_of_somebodys_own_has_no_cause() -> None:
    assert cause_of("acme-burn-in", "testing", "Failed", "no luck") is None


def test_what_says_why_is_kept_although_the_end_of_the_output_is_far_below_it() -> None:
    noise = [f"line {n}" for n in range(200)]
    told = excerpt(LOG, "\n".join([APT, *noise, CURTIN_END])).splitlines()
    assert told[0] == APT and told[-1] == CURTIN_END and len(told) == LAST + 1
    drive = excerpt("smartctl-validate", "\n".join([*SMART.splitlines()[:3], *noise])).splitlines()
    assert "Serial Number:    S45PNA0M412345" in drive
