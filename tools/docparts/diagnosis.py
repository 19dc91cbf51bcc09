"""The rules of diagnosis, from gough.domain.diagnosis_rules."""

from gough.domain.diagnosis_rule import EVERY_STAGE, OVERDUE, Match, Rule
from gough.domain.diagnosis_rules import FALLBACK, RULES
from gough.domain.diagnosis_scripts import SCRIPT_RULES
from gough.domain.script_causes import SCRIPT_CAUSES, ScriptCause
from gough.domain.stages import TABLES
from tools.docparts import table

HEADINGS = ("", "cause", "stages", "matched", "what it means", "what to do", "evidence is defined in")
SCRIPT_HEADINGS = ("cause", "script", "its status and output say", "what it means", "what to do", "defined in")
SCRIPTS_ROW = ("maas `^Script output$`: the table below", "A script of MAAS's, or curtin, failed.", "See below.", "-")
ORDER = tuple(dict.fromkeys(stage.name for stages in TABLES.values() for stage in stages))


def rules() -> str:
    """In their order; the rules of scripts, which are many and alike, in one row that names their place."""
    numbered = list(enumerate(RULES, start=1))
    scripts = [number for number, rule in numbered if rule in SCRIPT_RULES]
    place = (f"{scripts[0]}-{scripts[-1]}", "a script's cause", "commission, test, install", *SCRIPTS_ROW)
    rows = [
        place if number == scripts[0] else (str(number), *_row(rule))
        for number, rule in numbered
        if number not in scripts[1:]
    ]
    return table(HEADINGS, [*rows, ("-", *_row(FALLBACK))])


def scripts() -> str:
    return table(SCRIPT_HEADINGS, [_script_row(cause) for cause in SCRIPT_CAUSES])


def _script_row(cause: ScriptCause) -> tuple[str, ...]:
    name = "the installer's log" if cause.kind == "installation" else f"`{cause.scripts}`"
    ended = "" if cause.status == ".*" else f"`{cause.status}` "
    said = f"{ended}{f'`{cause.output}`' if cause.output else ''}".strip() or "anything"
    return f"`{cause.cause}`", name, said, cause.summary, cause.next_action, cause.source


def _row(rule: Rule) -> tuple[str, ...]:
    stages = "every" if rule.stages == EVERY_STAGE else ", ".join(name for name in ORDER if name in rule.stages)
    return f"`{rule.cause}`", stages, _matched(rule), rule.summary, rule.next_action, rule.source or "-"


def _matched(rule: Rule) -> str:
    words = [_pattern(match) for match in rule.present] + [f"no {_pattern(match)}" for match in rule.absent]
    words += ["the deadline has passed"] if rule.outcomes == OVERDUE else []
    return "; ".join(words) or "nothing: it is the last"


def _pattern(match: Match) -> str:
    said = [f"`{text}`" for text in (match.kind, match.message) if text]
    who = ", with somebody's name" if match.by_somebody else ""
    return f"{match.source.value} {' with '.join(said) or 'event'}{who}"
