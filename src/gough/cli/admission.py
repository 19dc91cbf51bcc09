"""`gough job pause`, `resume` and `begin`: what may begin."""

import sys
from typing import Annotated

import typer


def pause(reason: Annotated[str, typer.Option(help="Why, for those who wait.")] = "") -> None:
    """Begin no more jobs; what runs goes on."""
    from gough.cli.embedded import me, use
    from gough.services import admission

    admission.pause(use(), by=me(), reason=reason.strip())
    print("Gough begins no more jobs until `gough job resume`.")


def resume() -> None:
    """Begin jobs again."""
    from gough.cli.embedded import use
    from gough.services import admission

    admission.resume(use())
    print("Gough begins jobs again.")


def begin(job_id: Annotated[str, typer.Argument(help="The id of a job that waits.")]) -> None:
    """Let a queued job begin outside its maintenance window. A pause and the region's limit hold it all the same."""
    from gough.cli.embedded import me, use
    from gough.services import jobs

    jobs.begin_now(use(), job_id, by=me())
    print(f"{job_id} does not wait for a maintenance window.")
    tell_pause()


def tell_pause() -> None:
    """On stderr, while Gough is paused: by whom, for how long, why."""
    from gough.cli.embedded import use
    from gough.domain.durations import in_words
    from gough.services import admission

    with use().database.read() as session:
        found, now = admission.paused(session), use().database.now(session)
    if found is not None:
        why = f": {found.reason}" if found.reason else "."
        sys.stderr.write(f"Gough is paused by {found.by} for {in_words((now - found.at).total_seconds())}{why}\n")
