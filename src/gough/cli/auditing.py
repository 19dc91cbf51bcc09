"""What commands change is written into the audit log, here, for every command at once.

Of what they ask of a server, the server itself writes; of contexts, nobody: they are this host's own.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, get_args

import typer
from typer.models import ArgumentInfo, OptionInfo

# By their last word, wherever it stands: these only look, or are no change of a person's.
LOOKING = frozenset(
    {"list", "show", "timeline", "why", "results", "log", "versions", "used", "validate", "render", "diff", "verify",
     "export", "current", "check"}
)  # fmt: skip
OURSELVES = frozenset(
    {"lab", "serve", "worker", "beat", "doctor", "sync", "db upgrade", "backup", "restore", "region test",
     "fleet server test", "api", "login", "logout", "context add", "context use", "context remove", "context list",
     "context show"}
)  # fmt: skip


def record(app: typer.Typer, above: str = "") -> None:
    """Make every changing command below write an entry; call it when all of them are there."""
    for each in app.registered_commands:
        assert each.callback is not None
        name = f"{above}{each.name or each.callback.__name__.replace('_', '-')}"
        if is_change(name):
            each.callback = _recorded(f"gough {name}", each.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            record(group.typer_instance, f"{above}{group.name} ")


def is_change(name: str) -> bool:
    return name not in OURSELVES and name.rpartition(" ")[2] not in LOOKING


def _recorded(action: str, command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run(**given: Any) -> Any:
        from gough.cli.choice import chosen

        if chosen() is not None:
            return command(**given)
        from gough.cli.embedded import me, use
        from gough.services import audit

        with audit.recording(use(), action, actor=me(), via="cli", target=_target(command, given)) as entry:
            try:
                return command(**given)
            except typer.Exit as ended:
                entry.outcome = audit.FAILED if ended.exit_code else audit.DONE
                raise

    return run


def _target(command: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """The first argument. Options are left out: they may hold variables that are secret."""
    arguments = [each.name for each in inspect.signature(command).parameters.values() if _is_argument(each)]
    value = given.get(arguments[0]) if arguments else None
    return value if isinstance(value, str) else str(getattr(value, "name", ""))


def _is_argument(parameter: inspect.Parameter) -> bool:
    told = [each for each in get_args(parameter.annotation) if isinstance(each, ArgumentInfo | OptionInfo)]
    return isinstance(told[0], ArgumentInfo) if told else parameter.default is inspect.Parameter.empty
