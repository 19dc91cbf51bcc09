"""Rules for the installed system's first boot: what cloud-init says of its parts, and what it left in result.json.

A part's report names the module and not the reason: cloud-init 25.1 `cloudinit/config/modules.py`, `reporting/
events.py`. The reason is the module's exception, which `cloudinit/cmd/main.py` writes into result.json; the agent
tells it when it can.
"""

from gough.domain.diagnosis_rule import OVERDUE, Match, Rule
from gough.domain.timeline import Source

FIRST_BOOT = frozenset({"first-boot"})
FAILED = r"\bFAIL\b"
NO_NAMES = r"Temporary failure (in name resolution|resolving)|Name or service not known|Could not resolve host"
NO_SPACE = r"No space left on device|enough free space in"
AGAIN = "Correct the template, then retry (the disk is wiped)."


# The modules of the stage init-network.
EARLY = "seed_random|bootcmd|growpart|resizefs|disk_setup|mounts|set_hostname|ca_certs|users_groups|ssh"


def _failed(modules: str) -> tuple[Match, ...]:
    """By its report, or by the agent's word where that got lost. Older cloud-inits write hyphens into names."""
    names = modules.replace("_", "[-_]")
    return (Match(Source.CLOUD_INIT, "", rf"\bFAIL\b.*(config-({names}) |\('({names})', )"),)


REASONS = (
    Rule(
        "clock-wrong",
        FIRST_BOOT,
        "The machine's clock is far off, and a part of cloud-init failed: packages look not valid yet or expired, and "
        "so do certificates.",
        "Set the clock in the machine's firmware (`hwclock --systohc`; a dead battery loses it at every power cut) and "
        "let it reach an NTP server; then retry (the disk is wiped).",
        "cloud-init 25.1 `reporting/events.py`: the report's timestamp; apt's Release file is 'not valid yet'",
        present=(Match(Source.GOUGH, "^clock-off$"), Match(Source.CLOUD_INIT, "", FAILED)),
    ),
    Rule(
        "dns-failed",
        FIRST_BOOT,
        "The installed system cannot resolve names, so a part of cloud-init failed.",
        "On the machine: `resolvectl status` and `resolvectl query archive.ubuntu.com`. Correct the name servers of "
        "its subnet in MAAS (Subnets, DNS), then retry (the disk is wiped).",
        "glibc `gai_strerror` (EAI_AGAIN, EAI_NONAME), as cloud-init writes it into result.json",
        present=(Match(Source.CLOUD_INIT, "", NO_NAMES),),
    ),
    Rule(
        "disk-full",
        FIRST_BOOT,
        "The installed system's disk is full, so a part of cloud-init failed.",
        "On the machine: `df -h` and `lsblk`. Give the full file system more room (MAAS: machine, Storage) or install "
        "less, then retry (the disk is wiped).",
        "errno ENOSPC, and apt's own check, as cloud-init writes them into result.json",
        present=(Match(Source.CLOUD_INIT, "", NO_SPACE),),
    ),
)

PARTS = (
    Rule(
        "boot-setup-failed",
        FIRST_BOOT,
        "cloud-init could not prepare the system: disks, mounts, users or ssh keys.",
        "On the machine: `cloud-init status --long`. Compare disk_setup, fs_setup, mounts, users and ssh keys of the "
        f"template with the machine's disks (MAAS: Storage). {AGAIN}",
        "cloud-init 25.1 `config/cloud.cfg.tmpl`, cloud_init_modules; `reporting/events.py`, result FAIL",
        present=_failed(EARLY),
    ),
    Rule(
        "packages-failed",
        FIRST_BOOT,
        "Packages could not be installed at the first boot.",
        "On the machine: /var/log/cloud-init-output.log ends with what apt said. Check the package names, the mirror "
        f"or proxy and the route to it. {AGAIN}",
        "cloud-init 25.1 `config/cc_package_update_upgrade_install.py`, `reporting/events.py`, result FAIL",
        present=_failed("package_update_upgrade_install"),
    ),
    Rule(
        "package-sources-failed",
        FIRST_BOOT,
        "cloud-init could not set up the package sources.",
        "On the machine: `cloud-init status --long` shows the source and its key. Check `apt:` in the template, the "
        f"key server and the proxy. {AGAIN}",
        "cloud-init 25.1 `config/cc_apt_configure.py`, `reporting/events.py`, result FAIL",
        present=_failed("apt_configure"),
    ),
    Rule(
        "boot-script-failed",
        FIRST_BOOT,
        "A script of the template (runcmd, write_files), or the agent's installer, failed at the first boot.",
        "On the machine: /var/log/cloud-init-output.log shows the command that failed; `cloud-init status --long` "
        f"names the script. {AGAIN}",
        "cloud-init 25.1 `config/cc_scripts_user.py`, `subp.py` (runparts), `reporting/events.py`, result FAIL",
        present=_failed("scripts_user"),
    ),
    Rule(
        "cloud-init-error",
        FIRST_BOOT,
        "cloud-init ran on the installed system and a part of it failed.",
        "On the machine: `cloud-init status --long` and /var/log/cloud-init-output.log show the part named in the "
        "evidence. Correct the template, then retry (the disk is wiped).",
        "cloud-init reporting: event_type finish, result FAIL",
        present=(Match(Source.CLOUD_INIT, "", FAILED),),
    ),
)

SILENCE = (
    Rule(
        "no-report-from-first-boot",
        FIRST_BOOT,
        "The system was installed, but cloud-init never reported to Gough: the machine probably cannot reach it.",
        "From the machine's network, open GOUGH_PUBLIC_URL/healthz; check routing, firewall, DNS and the CA.",
        "cloud-init reporting webhook",
        absent=(Match(Source.CLOUD_INIT),),
        absence_in_words="no report from cloud-init",
        outcomes=OVERDUE,
    ),
    Rule(
        "first-boot-stuck",
        FIRST_BOOT,
        "cloud-init started and did not finish in time.",
        "Look at the machine's console or /var/log/cloud-init-output.log: the last part quoted is the one that hangs.",
        "cloud-init reporting: start without finish",
        present=(Match(Source.CLOUD_INIT),),
        outcomes=OVERDUE,
    ),
)

RULES = (*REASONS, *PARTS, *SILENCE)
