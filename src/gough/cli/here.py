"""Commands that work on the host itself say so where a server is chosen."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

LOCAL = frozenset(
    {"lab", "serve", "worker", "beat", "doctor", "sync", "db upgrade", "db current", "db check", "secrets rotate",
     "audit verify", "audit export", "backup", "restore"}
)  # fmt: skip


def limit(app: typer.Typer, above: str = "") -> None:
    """Call it when all commands are there."""
    for each in app.registered_commands:
        assert each.callback is not None
        name = f"{above}{each.name or each.callback.__name__.replace('_', '-')}"
        if name in LOCAL:
            each.callback = _limited(name, each.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            limit(group.typer_instance, f"{above}{group.name} ")


def _limited(name: str, command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run(**given: Any) -> Any:
        from gough.cli.choice import require_here

        require_here(name)
        return command(**given)

    return run
