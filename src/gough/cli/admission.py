"""`gough job pause`, `resume` and `begin`: what may begin."""

import sys
from typing import Annotated

import typer

from gough.cli.choice import backend


def pause(reason: Annotated[str, typer.Option(help="Why, for those who wait.")] = "") -> None:
    """Begin no more jobs; what runs goes on."""
    backend("jobs").pause(reason.strip())
    print("Gough begins no more jobs until `gough job resume`.")


def resume() -> None:
    """Begin jobs again."""
    backend("jobs").resume()
    print("Gough begins jobs again.")


def begin(job_id: Annotated[str, typer.Argument(help="The id of a job that waits.")]) -> None:
    """Let a queued job begin outside its maintenance window. A pause and the region's limit hold it all the same."""
    backend("jobs").begin(job_id)
    print(f"{job_id} does not wait for a maintenance window.")
    tell_pause()


def tell_pause() -> None:
    """On stderr, while Gough is paused: by whom, for how long, why."""
    from gough.domain.durations import in_words

    if (found := backend("jobs").paused()) is not None:
        by, seconds, reason = found
        why = f": {reason}" if reason else "."
        sys.stderr.write(f"Gough is paused by {by} for {in_words(seconds)}{why}\n")
