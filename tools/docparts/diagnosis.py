"""The rules of diagnosis, from gough.domain.diagnosis_rules."""

from gough.domain.diagnosis_rules import EVERY_STAGE, FALLBACK, OVERDUE, RULES, Match, Rule
from gough.domain.stages import TABLES
from tools.docparts import table

HEADINGS = ("", "cause", "stages", "matched", "what it means", "what to do", "evidence is defined in")
ORDER = tuple(dict.fromkeys(stage.name for stages in TABLES.values() for stage in stages))


def rules() -> str:
    rows = [(str(number), *_row(rule)) for number, rule in enumerate(RULES, start=1)]
    return table(HEADINGS, [*rows, ("-", *_row(FALLBACK))])


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
