"""The filters of the list are options wherever machines are chosen."""

from typing import Any

import pytest
from typer.main import get_command

from gough.cli.main import app
from gough.services.machine_filters import FILTERS

FILTER_OPTIONS = {f"--{name.replace('_', '-')}" for name in FILTERS}


def options(words: str) -> set[str]:
    command: Any = get_command(app)
    for word in words.split():
        command = command.commands[word]
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("words", ["machine list", "bulk deploy", "bulk commission", "bulk test", "bulk release"])
def test_every_filter_is_an_option(words: str) -> None:
    assert FILTER_OPTIONS | {"--query"} <= options(words)


def test_a_window_binds_by_every_filter_and_by_no_text() -> None:
    assert options("window add") >= FILTER_OPTIONS
    assert "--query" not in options("window add")
