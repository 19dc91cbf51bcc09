"""The rules of diagnosis, most specific first. Each names the real evidence it matches, and where that is written.

MAAS event types: MAAS 3.4 `provisioningserver/events.py` and a recorded 3.4.10 region.
cloud-init events: cloud-init 25.1 `cloudinit/reporting/events.py`, `cloudinit/config/modules.py`.
"""

from dataclasses import dataclass

from gough.domain.stages import Outcome
from gough.domain.timeline import Source


@dataclass(frozen=True, slots=True)
class Match:
    """Regular expressions, searched; empty matches anything. `by_somebody`: only when a user is named."""

    source: Source
    kind: str = ""
    message: str = ""
    by_somebody: bool = False


BADLY = frozenset({Outcome.FAILED, Outcome.OVERDUE})
OVERDUE = frozenset({Outcome.OVERDUE})
MAAS_STAGES = frozenset({"submit", "install", "commission", "test", "release"})
AFTER_INSTALL = frozenset({"first-boot", "agent", "enrol", "security", "configure", "verify"})
ASKING_MAAS = frozenset({"submit", "mark"})  # a later stage ends badly for reasons of its own
NOT_BY_GOUGH = r"^(?!.* - Gough job_)"  # the comment that Gough gives with what it asks itself
EVERY_STAGE = MAAS_STAGES | ASKING_MAAS | AFTER_INSTALL | {"validate"}


@dataclass(frozen=True, slots=True)
class Rule:
    """All of `present` and none of `absent` must be in the timeline. `source` says where the evidence is defined."""

    cause: str
    stages: frozenset[str]
    summary: str
    next_action: str
    source: str
    present: tuple[Match, ...] = ()
    absent: tuple[Match, ...] = ()
    absence_in_words: str = ""
    outcomes: frozenset[Outcome] = BADLY


RULES = (
    Rule(
        "options-not-there",
        frozenset({"validate"}),
        "The deployment asks for a pool, zone, kernel, interface or subnet that MAAS does not have. Nothing was "
        "changed.",
        "Deploy again with what the evidence says there is; or make in MAAS what is missing, then retry.",
        "gough.services.workflow.preparing",
        present=(Match(Source.GOUGH, "^finding$", r"^/(pool|zone|kernel|links/\d+/(interface|subnet)): "),),
    ),
    Rule(
        "template-rejected",
        frozenset({"validate"}),
        "The template does not render to acceptable user-data for this machine. No disk was touched.",
        "Correct the variables or the template at the lines quoted, then retry.",
        "gough.cloud_init.check",
        present=(Match(Source.GOUGH, "^finding$"),),
    ),
    Rule(
        "power-failed",
        MAAS_STAGES,
        "MAAS cannot control the machine's power: its BMC does not answer or refuses the credentials.",
        "Check the BMC's cable, address and credentials (MAAS: machine, Configuration, Power), then retry.",
        "MAAS events NODE_POWER_QUERY_FAILED, NODE_POWER_ON_FAILED",
        present=(Match(Source.MAAS, r"^Failed to (query node's BMC|power (on|off|cycle) node)$"),),
    ),
    Rule(
        "taken-over",
        MAAS_STAGES | AFTER_INSTALL,
        "Somebody released or aborted the machine in MAAS while Gough was working on it.",
        "Ask the person named in the evidence; deploy again when the machine is free.",
        "MAAS events REQUEST_NODE_RELEASE, REQUEST_NODE_ABORT_DEPLOYMENT",
        present=(Match(Source.MAAS, r"^User (releasing node|aborting)", NOT_BY_GOUGH, by_somebody=True),),
    ),
    Rule(
        "install-script-failed",
        frozenset({"install"}),
        "MAAS's installer (curtin) gave up.",
        "Read the installation log in MAAS (machine, Logs, Installation output): the disk, the mirror or the image "
        "is named there. Then retry.",
        "MAAS event NODE_FAILED with curtin's message; metadataserver/api_twisted.py",
        present=(Match(Source.MAAS, "^Marking node failed$", "Installation failed"),),
    ),
    Rule(
        "commissioning-script-failed",
        frozenset({"commission", "test"}),
        "A commissioning or testing script failed on the machine.",
        "Read that script's output in MAAS (machine, Commissioning or Tests); mend the hardware it names, retry.",
        "MAAS event SCRIPT_RESULT_CHANGED_STATUS",
        present=(Match(Source.MAAS, "^Script result$", "to '(Failed|Timed out|Aborted)"),),
    ),
    Rule(
        "maas-unavailable",
        ASKING_MAAS,
        "MAAS did not accept the request: it answered with a server error, or not at all, until the deadline.",
        "Check the region and its rack controllers (MAAS: Controllers), free addresses and the network; then retry.",
        "MAAS API 2.0 answers 502, 503, 504; what it refuses ends the stage at once, before the deadline",
        present=(Match(Source.GOUGH, "^action-failed$", "^MAAS: "),),
        outcomes=OVERDUE,
    ),
    Rule(
        "maas-refused",
        ASKING_MAAS,
        "MAAS understood the request and refused it.",
        "Read MAAS's words in the evidence, change what they object to, then retry.",
        "MAAS API 2.0 answers 400, 401, 403, 404, 409",
        present=(Match(Source.GOUGH, "^action-failed$", "^MAAS: "),),
    ),
    Rule(
        "install-stuck",
        frozenset({"install"}),
        "The installer started and then fell silent: the machine hangs in the ephemeral system.",
        "Look at the machine's console; power-cycle it, check disk and network, then retry (the disk is wiped).",
        "MAAS events LOADING_EPHEMERAL, CONFIGURING_STORAGE, INSTALLING_OS, CONFIGURING_OS",
        present=(
            Match(Source.MAAS, "^(Loading ephemeral|Configuring storage|Installing OS|Configuring OS|Rebooting)$"),
        ),
        outcomes=OVERDUE,
    ),
    Rule(
        "no-network-boot",
        frozenset({"install", "commission"}),
        "The machine has power, but never asked MAAS for a boot image.",
        "Check that it boots from the network first, its cable and VLAN, and that DHCP is on for that VLAN in MAAS.",
        "MAAS event PERFORMING_PXE_BOOT",
        absent=(Match(Source.MAAS, "^(Performing PXE boot|Loading ephemeral)$"),),
        absence_in_words="no boot over the network (MAAS event 'Performing PXE boot')",
        outcomes=OVERDUE,
    ),
    Rule(
        "cloud-init-error",
        frozenset({"first-boot"}),
        "cloud-init ran on the installed system and a part of it failed.",
        "On the machine: `cloud-init status --long` and /var/log/cloud-init-output.log show the part named in the "
        "evidence. Correct the template, then retry (the disk is wiped).",
        "cloud-init reporting: event_type finish, result FAIL",
        present=(Match(Source.CLOUD_INIT, "", r"\bFAIL\b"),),
    ),
    Rule(
        "no-report-from-first-boot",
        frozenset({"first-boot"}),
        "The system was installed, but cloud-init never reported to Gough: the machine probably cannot reach it.",
        "From the machine's network, open GOUGH_PUBLIC_URL/healthz; check routing, firewall, DNS and the CA.",
        "cloud-init reporting webhook",
        absent=(Match(Source.CLOUD_INIT),),
        absence_in_words="no report from cloud-init",
        outcomes=OVERDUE,
    ),
    Rule(
        "first-boot-stuck",
        frozenset({"first-boot"}),
        "cloud-init started and did not finish in time.",
        "Look at the machine's console or /var/log/cloud-init-output.log: the last part quoted is the one that hangs.",
        "cloud-init reporting: start without finish",
        present=(Match(Source.CLOUD_INIT),),
        outcomes=OVERDUE,
    ),
    Rule(
        "agent-refused",
        frozenset({"agent", "enrol"}),
        "The agent reached Gough, but its enrolment was refused.",
        "The evidence names the reason. Deploy again, or run the enrolment command on the machine.",
        "docs/agent-protocol.md",
        present=(Match(Source.AGENT, "^enrolment-refused$"),),
    ),
    Rule(
        "agent-never-enrolled",
        frozenset({"agent"}),
        "The system is up, but its agent never enrolled with Gough.",
        "On the machine: `systemctl status gough-agent` and `journalctl -u gough-agent`; check that it reaches "
        "GOUGH_PUBLIC_URL. Then retry: the stage waits again.",
        "docs/agent-protocol.md",
        absent=(Match(Source.AGENT, "^enrolled$"),),
        absence_in_words="no enrolment of its agent",
        outcomes=OVERDUE,
    ),
    Rule(
        "not-enrolled-by-hand",
        frozenset({"enrol"}),
        "Nobody has run the enrolment command on the machine, or it did not get through to Gough.",
        "Run the command on the machine (`gough machine adopt` gives a fresh one); check that the machine reaches "
        "GOUGH_PUBLIC_URL.",
        "docs/agent-protocol.md",
        absent=(Match(Source.AGENT, "^enrolled$"),),
        absence_in_words="no enrolment of its agent",
        outcomes=OVERDUE,
    ),
    Rule(
        "agent-silent",
        AFTER_INSTALL,
        "The agent enrolled and then stopped reporting.",
        "On the machine: `systemctl status gough-agent`; check that the machine runs and reaches Gough.",
        "docs/agent-protocol.md",
        present=(Match(Source.AGENT, "^(enrolled|offline)$"),),
    ),
)

FALLBACK = Rule(
    "unknown",
    EVERY_STAGE,
    "No rule recognises what happened. The last events are quoted.",
    "Read the machine's timeline and its console; then retry from this stage.",
    "",
)
