"""A site to play with, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.persistence.database import Database
from tests.support.clock import Clock
from tests.support.site import Site


@pytest.fixture
def site(database: Database, clock: Clock, tmp_path: Path) -> Iterator[Site]:
    made = Site(database, clock)
    made.prepare(tmp_path / "library")
    yield made
    made.close()
