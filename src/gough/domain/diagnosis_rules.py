"""The rules of diagnosis, most specific first. Each names the real evidence it matches, and where that is written."""

from gough.domain import diagnosis_agent, diagnosis_ansible, diagnosis_boot, diagnosis_fleet
from gough.domain.diagnosis_maas import ASKING, BOOTING, POWER, SCRIPTS, TAKEN
from gough.domain.diagnosis_rule import EVERY_STAGE, Match, Rule
from gough.domain.diagnosis_scripts import SCRIPT_RULES
from gough.domain.timeline import Source

VALIDATION = (
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
)

RULES: tuple[Rule, ...] = (
    *VALIDATION,
    *TAKEN,
    *SCRIPT_RULES,
    *POWER,
    *SCRIPTS,
    *ASKING,
    *BOOTING,
    *diagnosis_boot.RULES,
    *diagnosis_agent.RULES,
    *diagnosis_fleet.RULES,
    *diagnosis_ansible.RULES,
    *diagnosis_agent.SILENCE,
)

FALLBACK = Rule(
    "unknown",
    EVERY_STAGE,
    "No rule recognises what happened. The last events are quoted.",
    "Read the machine's timeline and its console; then retry from this stage.",
    "",
)
