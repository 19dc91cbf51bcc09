"""What MAAS keeps of the scripts it ran on a machine: asked for on demand, kept nowhere."""

from collections.abc import Sequence

from gough.domain.errors import Conflict, NotFound
from gough.domain.script_causes import ScriptCause, cause_of
from gough.ports import ScriptResult
from gough.services import machines
from gough.services.context import Use
from gough.services.sync.scripts import FAILED

NAMED = 20  # scripts that an error lists


def read(use: Use, name: str, *, output_of: str = "") -> list[ScriptResult]:
    """The results of a machine's scripts, asked of its region now; without their output, unless it is asked for.

    The newest set comes first, and in a set the script that MAAS names last. With `output_of`: the results of that
    script only, each with its output; a script has several where it ran more than once, or once for each disk.
    Raises NotFound, Conflict, what MAAS answers.
    """
    with use.database.read() as session:
        machine = machines.find(session, name)
        if machine.vanished_at is not None:
            raise Conflict(f"MAAS no longer knows {machine.hostname}.", hint="Enlist it again.")
        region, hostname = machine.region, machine.hostname
    asked = use.provisioner(region).script_results(machine.system_id, include_output=bool(output_of))
    newest_first = list(reversed(asked))
    if not output_of:
        return newest_first
    found = [result for result in newest_first if result.name == output_of]
    if not found:
        raise NotFound(f"MAAS has no result of a script '{output_of}' for {hostname}.", hint=_hint(newest_first))
    return found


def meaning(result: ScriptResult) -> ScriptCause | None:
    """What it means that this script failed, by its name and, where it was asked for, its output."""
    if result.status not in FAILED:
        return None
    return cause_of(result.name, result.kind, result.status, result.output)


def _hint(results: Sequence[ScriptResult]) -> str:
    names = list(dict.fromkeys(result.name for result in results))
    more = " …" if len(names) > NAMED else ""
    return f"It has results of {', '.join(names[:NAMED])}{more}." if names else "No script has run on it yet."
