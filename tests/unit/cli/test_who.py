"""Who a command on the host is by."""

import os

import pytest

from gough.cli import embedded


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert embedded.me() == "ada (cli)"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)  # nobody's, as a container's user
    assert embedded.me() == "uid 4000000001 (cli)"
