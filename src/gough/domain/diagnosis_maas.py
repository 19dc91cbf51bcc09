"""Rules for what goes wrong while MAAS works on a machine: asking MAAS, power, booting over the network, scripts.

Event types: MAAS 3.4 `provisioningserver/events.py` and a recorded 3.4.10 region.
"""

from gough.domain.diagnosis_rule import AFTER_INSTALL, ASKING_MAAS, MAAS_STAGES, OVERDUE, Match, Rule
from gough.domain.timeline import Source

NOT_BY_GOUGH = r"^(?!.* - Gough job_)"  # the comment that Gough gives with what it asks itself
POWER_TROUBLE = r"^Failed to (query node's BMC|power (on|off|cycle) node)$"
BMC_REFUSES = r"Incorrect (username|password|K_g key)|Access denied while performing power action"
# The event tells that a script failed, and the output why; either may be known first.
INSTALLER = r"Installation failed|install\.log \(installation\)"
SCRIPT = r"to '(Failed|Timed out|Aborted)|^\S+ \((commissioning|testing)\)"
ON_THE_WAY = "^(Loading ephemeral|Configuring storage|Installing OS|Configuring OS)$"

TAKEN = (
    Rule(
        "vanished",
        MAAS_STAGES | AFTER_INSTALL,
        "Somebody deleted the machine in MAAS while Gough was working on it.",
        "Ask who deleted it (MAAS: Settings, audit logs). To use it again, enlist and commission it, then deploy.",
        "MAAS API 2.0: a deleted machine is in no list; its events go with it",
        present=(Match(Source.GOUGH, "^machine-vanished$"),),
    ),
    Rule(
        "taken-over",
        MAAS_STAGES | AFTER_INSTALL,
        "Somebody released or aborted the machine in MAAS while Gough was working on it.",
        "Ask the person named in the evidence; deploy again when the machine is free.",
        "MAAS events REQUEST_NODE_RELEASE, REQUEST_NODE_ABORT_DEPLOYMENT",
        present=(Match(Source.MAAS, r"^User (releasing node|aborting)", NOT_BY_GOUGH, by_somebody=True),),
    ),
)

POWER = (
    Rule(
        "power-refused",
        MAAS_STAGES,
        "The machine's BMC answers MAAS and refuses its user name, password or privilege.",
        "Correct the BMC's credentials in MAAS (machine, Configuration, Power); MAAS: Check power shows at once "
        "whether they are right. Then retry.",
        "MAAS event NODE_POWER_QUERY_FAILED with a text of `provisioningserver/drivers/power/ipmi.py` (IPMI_ERRORS)",
        present=(Match(Source.MAAS, POWER_TROUBLE, BMC_REFUSES),),
    ),
    Rule(
        "power-failed",
        MAAS_STAGES,
        "MAAS cannot control the machine's power: its BMC does not answer or refuses the credentials.",
        "Check the BMC's cable, address and credentials (MAAS: machine, Configuration, Power), then retry.",
        "MAAS events NODE_POWER_QUERY_FAILED, NODE_POWER_ON_FAILED",
        present=(Match(Source.MAAS, POWER_TROUBLE),),
    ),
)

SCRIPTS = (
    Rule(
        "install-script-failed",
        frozenset({"install"}),
        "MAAS's installer (curtin) gave up.",
        "Read the installation log in MAAS (machine, Logs, Installation output): the disk, the mirror or the image "
        "is named there. Then retry.",
        "MAAS event NODE_FAILED with curtin's message; metadataserver/api_twisted.py",
        present=(Match(Source.MAAS, "^(Marking node failed|Script output)$", INSTALLER),),
    ),
    Rule(
        "commissioning-script-failed",
        frozenset({"commission", "test"}),
        "A commissioning or testing script failed on the machine.",
        "Read that script's output in MAAS (machine, Commissioning or Tests); mend the hardware it names, retry.",
        "MAAS event SCRIPT_RESULT_CHANGED_STATUS",
        present=(Match(Source.MAAS, "^Script (result|output)$", SCRIPT),),
    ),
)

ASKING = (
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
)

BOOTING = (
    Rule(
        "not-booted-from-disk",
        frozenset({"install"}),
        "The installer finished and the machine restarted, but the installed system never came up: it fetched nothing "
        "from MAAS.",
        "Look at the machine's console. Check the boot order (network, then this disk), UEFI or legacy as in MAAS, "
        "and that the installed system's network reaches MAAS; then retry (the disk is wiped).",
        "MAAS events REBOOTING, IMAGE_DEPLOYED",
        present=(Match(Source.MAAS, "^Rebooting$"),),
        absent=(Match(Source.MAAS, "^Image Deployed$"),),
        outcomes=OVERDUE,
    ),
    Rule(
        "install-stuck",
        frozenset({"install"}),
        "The installer started and then fell silent: the machine hangs in the ephemeral system.",
        "Look at the machine's console; power-cycle it, check disk and network, then retry (the disk is wiped).",
        "MAAS events LOADING_EPHEMERAL, CONFIGURING_STORAGE, INSTALLING_OS, CONFIGURING_OS",
        present=(Match(Source.MAAS, ON_THE_WAY),),
        outcomes=OVERDUE,
    ),
    Rule(
        "commissioning-stuck",
        frozenset({"commission", "test"}),
        "The machine loaded MAAS's commissioning system and then fell silent: a script hangs, or the machine does.",
        "Look at the machine's console and at the script that MAAS shows as running (machine, Commissioning or "
        "Tests); power-cycle it, then retry.",
        "MAAS events LOADING_EPHEMERAL, GATHERING_INFO, RUNNING_TEST",
        present=(Match(Source.MAAS, "^(Loading ephemeral|Gathering information|Running test)$"),),
        outcomes=OVERDUE,
    ),
    Rule(
        "boot-image-not-loaded",
        frozenset({"install", "commission", "test"}),
        "The machine asked MAAS for a boot image over the network and never loaded it.",
        "Check that the rack controller serves images (MAAS: Controllers, images synced), that ports 5248 and 69 are "
        "open to it from the machine's network, and Secure Boot; then retry.",
        "MAAS events PERFORMING_PXE_BOOT, and LOADING_EPHEMERAL of `provisioningserver/rackdservices/http.py`",
        present=(Match(Source.MAAS, "^Performing PXE boot$"),),
        absent=(Match(Source.MAAS, "^Loading ephemeral$"),),
        outcomes=OVERDUE,
    ),
    Rule(
        "no-network-boot",
        frozenset({"install", "commission", "test"}),
        "The machine has power, but never asked MAAS for a boot image.",
        "Check that it boots from the network first, its cable and VLAN, and that DHCP is on for that VLAN in MAAS.",
        "MAAS event PERFORMING_PXE_BOOT",
        absent=(Match(Source.MAAS, "^(Performing PXE boot|Loading ephemeral)$"),),
        absence_in_words="no boot over the network (MAAS event 'Performing PXE boot')",
        outcomes=OVERDUE,
    ),
)
