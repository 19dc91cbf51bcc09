"""Both sides of the seam have the same functions; nothing above it knows which one it is."""

import ast
import inspect
import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.main import get_command

import gough.cli
from gough.cli import here, local, remote
from gough.cli.main import app

HELPERS = {"connecting", "parameters"}
HOST_ONLY = {("regions", "sync")}
NOUNS = {each.name for each in pkgutil.iter_modules(local.__path__)}
ABOVE = sorted(Path(gough.cli.__path__[0]).glob("*.py"))


def functions(module: ModuleType) -> dict[str, str]:
    """{name: signature} of what a noun offers."""
    found = inspect.getmembers(module, lambda each: inspect.isfunction(each) and each.__module__ == module.__name__)
    return {name: str(inspect.signature(each)) for name, each in found if not name.startswith("_")}


@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_a_noun_has_the_same_functions_on_the_host_and_against_a_server(noun: str) -> None:
    there, on_the_host = (functions(import_module(f"{side.__name__}.{noun}")) for side in (remote, local))
    for name in [name for about, name in HOST_ONLY if about == noun]:
        del on_the_host[name]
    assert there == on_the_host


def test_no_noun_is_missing() -> None:
    assert {each.name for each in pkgutil.iter_modules(remote.__path__)} - HELPERS == NOUNS


def test_what_commands_ask_for_is_there() -> None:
    """`backend("jobs").newest(…)`: the noun and its function."""
    asked = set()
    for path in ABOVE:
        for each in ast.walk(ast.parse(path.read_text())):
            if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Call):
                call = each.value
                if (
                    isinstance(call.func, ast.Name)
                    and call.func.id == "backend"
                    and isinstance(call.args[0], ast.Constant)
                ):
                    asked.add((str(call.args[0].value), each.attr))
    assert len(asked) > 40
    missing = [(noun, name) for noun, name in asked if name not in functions(import_module(f"gough.cli.local.{noun}"))]
    assert missing == []


def test_what_works_on_the_host_only_is_a_command() -> None:
    def names(group: Any, above: str = "") -> set[str]:
        if not hasattr(group, "commands"):
            return {above.strip()}
        return set().union(*(names(command, f"{above} {name}") for name, command in group.commands.items()))

    assert names(get_command(app)) >= here.LOCAL
