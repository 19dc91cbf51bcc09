"""`gough secrets`: what is stored encrypted."""

import typer

app = typer.Typer(help="Stored secrets: rotate.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, although it has one command."""


@app.command()
def rotate() -> None:
    """Seal anew what SECRET_KEY_PREVIOUS has sealed. Safe to stop and to repeat."""
    from gough.cli.embedded import use
    from gough.services import key_rotation

    done = key_rotation.rotate(use())
    for name, count in done.items():
        if count:
            print(f"{name}: {count}")
    print(f"{sum(done.values())} values sealed anew." if any(done.values()) else "Everything has the newest key.")
    if use().settings.previous_key:
        print("Take SECRET_KEY_PREVIOUS away and restart every process, once all of them run with the new SECRET_KEY.")
