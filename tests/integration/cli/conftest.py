"""The command line as it is typed, on a Gough with an emulated region."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gough.cli import embedded
from gough.cli.main import main
from gough.persistence.database import Database
from tests.support.clock import Clock
from tests.support.site import Site


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Gough = Callable[..., Ended]


@pytest.fixture
def site(sqlite_template: Path, clock: Clock, tmp_path: Path) -> Iterator[Site]:
    shutil.copy(sqlite_template, tmp_path / "gough.db")
    database = Database(f"sqlite:///{tmp_path / 'gough.db'}", clock=clock)
    made = Site(database, clock)
    made.prepare(tmp_path / "library")
    yield made
    made.close()
    database.close()


@pytest.fixture
def gough(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gough:
    """`gough("machine", "lock", "web-1")`"""
    monkeypatch.setattr(embedded, "use", lambda: site.use)

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["gough", *words])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        return Ended(code, *capsys.readouterr())

    return run
