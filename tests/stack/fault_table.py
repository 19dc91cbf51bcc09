"""What Gough has to say of each of the lab's faults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """The stage that ends badly, its cause, a pattern that the evidence holds, and how the next action begins."""

    stage: str
    cause: str
    evidence: str
    action: str


IN_SERVICE = None  # what the deployment has to survive
ALONE = frozenset({"fleet-down"})  # it strikes every machine, so it has a lab of its own

EXPECTED: dict[str, Expected | None] = {
    "bmc-password": Expected("submit", "power-refused", "Incorrect password", "Correct the BMC's cred"),
    "commissioning-script": Expected(
        "commission", "commissioning-script-failed", r"maas-lshw changed status from 'Running' to 'Failed'", "Read that"
    ),
    "commissioning-stuck": Expected("commission", "commissioning-stuck", "Gathering information", "Look at the"),
    "disk-failing": Expected("test", "disk-failing", "ZC1ABCDE", "Replace the disk"),
    "maas-503": Expected("submit", "maas-unavailable", "503.*addresses are in use", "Check the region"),
    "maas-refuses": Expected("submit", "maas-refused", "not a valid distro_series", "Read MAAS's words"),
    "power-fails": Expected("install", "power-failed", "Connection timed out to the BMC", "Check the BMC's cable"),
    "no-network-boot": Expected("install", "no-network-boot", "no boot over the network", "Check that it boots from"),
    "boot-image-lost": Expected("install", "boot-image-not-loaded", "Performing PXE boot", "Check that the rack"),
    "disk-missing": Expected("install", "install-disk-missing", "Failed to find storage volume id='sda'", "Look"),
    "install-disk-full": Expected("install", "install-disk-full", "No space left on device", "Choose"),
    "image-damaged": Expected("install", "image-damaged", "Data corruption detected", "Delete that image"),
    "install-no-mirror": Expected("install", "mirror-unreachable", "Failed to fetch http://arch", "Check the mirror"),
    "install-grub": Expected("install", "bootloader-failed", "grub-install: error", "Read grub's"),
    "curtin-fails": Expected("install", "install-script-failed", "harden.sh: not found", "Read the installation log"),
    "install-stuck": Expected("install", "install-stuck", "Installing OS", "Look at the machine's console"),
    "power-lost": Expected("install", "install-stuck", "Installing OS", "Look at the machine's console"),
    "maas-forgets": Expected("install", "vanished", "MAAS no longer knows this machine", "Ask who deleted it"),
    "released": Expected("install", "taken-over", r"User releasing node: \(mallory\)", "Ask the person named"),
    "aborted": Expected("install", "taken-over", r"User aborting deployment: \(mallory\)", "Ask the person named"),
    "no-disk-boot": Expected("install", "not-booted-from-disk", "Rebooting", "Look at the machine's console"),
    "network-dies": Expected("first-boot", "no-report-from-first-boot", "no report from cloud-init", "From the"),
    "cloud-init-mounts": Expected("first-boot", "boot-setup-failed", "config-mounts: finish FAIL", "On the"),
    "cloud-init-sources": Expected("first-boot", "package-sources-failed", "apt_configure: finish FAIL", "On the"),
    "cloud-init-packages": Expected("first-boot", "packages-failed", "install: finish FAIL: running config", "On the"),
    "cloud-init-error": Expected("first-boot", "boot-script-failed", "config-scripts_user: finish FAIL", "On the"),
    "cloud-init-stuck": Expected("first-boot", "first-boot-stuck", "config-scripts_user: start", "Look at the"),
    "dns-down": Expected("first-boot", "dns-failed", "Temporary failure in name resolution", "On the machine: `resolv"),
    "disk-full": Expected("first-boot", "disk-full", "No space left on device", "On the machine: `df -h`"),
    "clock-wrong": Expected("first-boot", "clock-wrong", "clock is 365 days behind", "Set the clock"),
    "wrong-token": Expected("agent", "wrong-machines-token", "token of another machine, node-", "The disk or"),
    "key-rejected": Expected("agent", "key-rejected", "a key that is not this machine's", "On the machine: remove"),
    "agent-never-enrols": Expected("agent", "agent-never-enrolled", "no enrolment of its agent", "On the machine"),
    "osquery-never-enrols": Expected("security", "osquery-never-enrols", "secret-given: the enroll", "On the machine"),
    "critical-policy-fails": Expected(
        "security", "critical-policy-fails", "policy-fails: .*Only root has", "Follow the policy's resolution"
    ),
    "ssh-unreachable": Expected("configure", "ssh-unreachable", "Connection refused", "From Gough's host"),
    "playbook-fails": Expected("configure", "playbook-fails", "motd.*Is a directory", "Read the task's words"),
    "fleet-down": Expected("security", "fleet-down", "server-down: Fleet server default", "Start Fleet"),
    "worker-killed": IN_SERVICE,
    "database-down": IN_SERVICE,
    "redis-down": IN_SERVICE,
}  # fmt: skip
