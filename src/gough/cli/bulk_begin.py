"""Beginning a bulk operation: the forecast, the question, following it."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from gough.cli.choice import backend
from gough.cli.jobs import Urgency, Wait
from gough.cli.output import Format, Output, show
from gough.domain.priorities import Priority

TABLE_ROWS = 200
LOSING = {"test": "a test reboots them", "release": "a release takes them out of service"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is done: limits, and how much is asked and told."""

    max_in_flight: int
    stop_after: int
    dry_run: bool
    yes: bool
    wait: bool
    timeout: float
    output: Format
    priority: Priority


def manner(
    max_in_flight: Annotated[int, typer.Option(help="At most so many machines at a time.")] = 10,
    stop_after: Annotated[int, typer.Option(help="Begin no more after so many failures; 0: go on.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Wait = False,
    timeout: Annotated[float, typer.Option(help="Seconds to follow it at most.")] = 86400,
    output: Output = Format.TABLE,
    priority: Urgency = Priority.NORMAL,
) -> Manner:
    return Manner(max_in_flight, stop_after, dry_run, yes, wait, timeout, output, priority)


def begin(verb: str, ids: Sequence[str], parameters: Mapping[str, Any], how: Manner) -> None:
    """Forecast and ask unless told otherwise; then begin on exactly these machines, and print its id."""
    bulk = backend("bulk")
    order = (verb, ids, parameters, how.max_in_flight, how.stop_after, how.priority)
    if how.dry_run or not how.yes:
        found, serving = bulk.forecast(*order)
        _show(found, how.output if how.dry_run else Format.TABLE, _warning(verb, serving))
        if how.dry_run:
            return
        _ask(verb, sum(1 for each in found if not each["refusal"]), serving)
    bulk_id = bulk.begin(*order)
    print(bulk_id)
    if how.wait:
        from gough.cli.bulk_waiting import follow

        raise typer.Exit(0 if follow(bulk_id, timeout=how.timeout) else 1)


def _show(found: Sequence[Mapping[str, Any]], output: Format, warning: str) -> None:
    rows = [{**each, "machine": each["hostname"], "would": each["refusal"] or "begin"} for each in found]
    if output is not Format.TABLE:
        show(found, (), output)
        return
    show(rows[:TABLE_ROWS], ("machine", "would"), output)
    refused = sum(1 for each in found if each["refusal"])
    more = f" These are the first {TABLE_ROWS}." if len(rows) > TABLE_ROWS else ""
    print(f"{len(found) - refused} would begin, {refused} would be refused.{more}{warning}")


def _warning(verb: str, serving: int) -> str:
    return f" In service now: {serving}; {LOSING.get(verb, '')}." if serving else ""


def _ask(verb: str, count: int, serving: int) -> None:
    """Raises Invalid where nobody can be asked, Abort for a no."""
    from gough.domain.errors import Invalid

    if not sys.stdin.isatty():
        raise Invalid("Nobody can be asked here, so nothing was begun.", hint="Add --yes to begin, or --dry-run.")
    among = f", {serving} of them in service" if serving else ""
    typer.confirm(f"{verb.capitalize()} {count} machines{among}?", abort=True)
