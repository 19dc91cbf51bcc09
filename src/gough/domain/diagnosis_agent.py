"""Rules for the agent: enrolment, its key, its silence. The wire is in docs/agent-protocol.md."""

from gough.domain.diagnosis_rule import AFTER_INSTALL, OVERDUE, Match, Rule
from gough.domain.timeline import Source

PROTOCOL = "docs/agent-protocol.md"
ENROLLING = frozenset({"agent", "enrol"})
AFTER_BOOT = AFTER_INSTALL - {"first-boot"}

RULES = (
    Rule(
        "wrong-machines-token",
        ENROLLING,
        "The agent tried to enrol with a token that Gough had given to another machine, and was refused.",
        "The disk or /etc/gough-agent/agent.env was copied from the machine named in the evidence. Deploy this machine "
        "again, or type the enrolment command that `gough machine adopt` gives for it.",
        f"{PROTOCOL}: 409, the token belongs to another machine",
        present=(Match(Source.AGENT, "^enrolment-refused$", "token of another machine"),),
    ),
    Rule(
        "agent-refused",
        ENROLLING,
        "The agent reached Gough, but its enrolment was refused.",
        "The evidence names the reason. Deploy again, or run the enrolment command on the machine.",
        PROTOCOL,
        present=(Match(Source.AGENT, "^enrolment-refused$"),),
    ),
    Rule(
        "key-rejected",
        AFTER_BOOT,
        "The agent reports with a key that is not this machine's, so Gough believes nothing of what it says.",
        "On the machine: remove AGENT_API_KEY from /etc/gough-agent/agent.env (an image may have brought it), delete "
        "/var/lib/gough-agent/agent.json, then `systemctl restart gough-agent`: it enrols anew.",
        f"{PROTOCOL}: 401, key not known",
        present=(Match(Source.AGENT, "^key-rejected$"),),
        absent=(Match(Source.AGENT, "^online$"),),
        outcomes=OVERDUE,
    ),
    Rule(
        "agent-never-enrolled",
        frozenset({"agent"}),
        "The system is up, but its agent never enrolled with Gough.",
        "On the machine: `systemctl status gough-agent` and `journalctl -u gough-agent`; check that it reaches "
        "GOUGH_PUBLIC_URL. Then retry: the stage waits again.",
        PROTOCOL,
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
        PROTOCOL,
        absent=(Match(Source.AGENT, "^enrolled$"),),
        absence_in_words="no enrolment of its agent",
        outcomes=OVERDUE,
    ),
)
# After whatever says more: nearly every machine's agent has enrolled.
SILENCE = (
    Rule(
        "agent-silent",
        AFTER_INSTALL,
        "The agent enrolled and then stopped reporting.",
        "On the machine: `systemctl status gough-agent`; check that the machine runs and reaches Gough.",
        PROTOCOL,
        present=(Match(Source.AGENT, "^(enrolled|offline)$"),),
    ),
)
