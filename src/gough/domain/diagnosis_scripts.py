"""Rules for scripts of MAAS's that failed, from the table of their causes and what Gough recorded of their output."""

from gough.domain.diagnosis_rule import Match, Rule
from gough.domain.script_causes import SCRIPT_CAUSES, ScriptCause
from gough.domain.timeline import Source

STAGES = {"installation": frozenset({"install"})}
WHILE_MAAS_LOOKS = frozenset({"commission", "test"})


def _message(cause: ScriptCause) -> str:
    """As `said_of` writes it; the output is searched line by line."""
    head = rf"^(?:{cause.scripts}) \((?:{cause.kind})\)(?: on [^\n]*)? (?:{cause.status})"
    return rf"{head}(?s:.*)(?m:{cause.output})" if cause.output else head


def said_of(name: str, kind: str, device: str, status: str, excerpt: str) -> str:
    """The message of a `Script output` event."""
    where = f" on {device}" if device else ""
    return f"{name} ({kind}){where} {status.lower()}" + (f":\n{excerpt}" if excerpt else "")


SCRIPT_RULES: tuple[Rule, ...] = tuple(
    Rule(
        cause.cause, STAGES.get(cause.kind, WHILE_MAAS_LOOKS), cause.summary, cause.next_action, cause.source,
        present=(Match(Source.MAAS, "^Script output$", _message(cause)),),
    )
    for cause in SCRIPT_CAUSES
)  # fmt: skip
