"""What a test needs from its host: a clear skip where it is missing, a failure where REQUIRE=all is set."""

import os

import pytest


def need(condition: object, what: str, install: str) -> None:
    """Go on when `condition` holds; otherwise skip, saying how to get `what`."""
    if condition:
        return
    said = f"{what} is missing: {install}"
    if os.environ.get("REQUIRE") == "all":
        pytest.fail(said, pytrace=False)
    pytest.skip(said)
