"""Why a stage ended badly: a timeline in, a probable cause out. The rules are in `diagnosis_rules`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gough.domain.diagnosis_rule import Match, Rule
from gough.domain.diagnosis_rules import FALLBACK, RULES
from gough.domain.stages import Outcome
from gough.domain.timeline import Level, Source, TimelineEvent

QUOTES = 3  # lines of evidence per pattern; more hides the point


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`cause` is the rule's stable name, `summary` says it to a person, `evidence` quotes the timeline."""

    stage: str
    cause: str
    summary: str
    evidence: tuple[str, ...]
    next_action: str


def diagnose(stage: str, outcome: Outcome, events: Sequence[TimelineEvent]) -> Diagnosis:
    """The first rule that fits, in the table's order; `events` are the job's own, oldest first.

    What fell silent is quoted with its console's last lines, where they are known.
    """
    console = [event for event in events if event.source is Source.CONSOLE]
    events = [event for event in events if event.source is not Source.CONSOLE]
    quoted = tuple(event.quote() for event in console[-1:]) if outcome is Outcome.OVERDUE else ()
    for rule in RULES:
        if stage not in rule.stages or outcome not in rule.outcomes:
            continue
        evidence = _evidence(rule, stage, events)
        if evidence:
            return Diagnosis(stage, rule.cause, rule.summary, (*evidence, *quoted), rule.next_action)
    return Diagnosis(stage, FALLBACK.cause, FALLBACK.summary, (*_tail(events), *quoted), FALLBACK.next_action)


def _evidence(rule: Rule, stage: str, events: Sequence[TimelineEvent]) -> tuple[str, ...]:
    if any(_matches(pattern, event) for pattern in rule.absent for event in events):
        return ()
    if not rule.present:
        return (*_tail(events), f"Nothing of the kind was seen during {stage}: {rule.absence_in_words}")
    seen = [[event for event in events if _matches(pattern, event)] for pattern in rule.present]
    if not all(seen):
        return ()
    quoted = {id(event): event for matched in seen for event in matched[-QUOTES:]}
    return tuple(event.quote() for event in events if id(event) in quoted)


def _matches(pattern: Match, event: TimelineEvent) -> bool:
    return (
        event.source is pattern.source
        and re.search(pattern.kind, event.kind) is not None
        and re.search(pattern.message, event.message) is not None
        and (not pattern.by_somebody or event.actor not in ("", "unknown"))
    )


def _tail(events: Sequence[TimelineEvent]) -> tuple[str, ...]:
    """The last things that the outside said; Gough's own bookkeeping explains nothing."""
    said = [e for e in events if e.source is not Source.GOUGH and e.level is not Level.DEBUG] or list(events)
    return tuple(event.quote() for event in said[-QUOTES:])
