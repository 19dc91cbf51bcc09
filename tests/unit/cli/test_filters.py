"""The filters of the list are options wherever machines are chosen."""

from typing import Any

import pytest
from typer.main import get_command

from gough.cli.main import app
from gough.services.machine_filters import FILTERS


@pytest.mark.parametrize("words", ["machine list", "bulk deploy", "bulk commission", "bulk test", "bulk release"])
def test_every_filter_is_an_option(words: str) -> None:
    command: Any = get_command(app)
    for word in words.split():
        command = command.commands[word]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {f"--{name.replace('_', '-')}" for name in FILTERS} | {"--query"} <= options
