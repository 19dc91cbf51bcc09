"""A machine's console, quoted where a stage hangs; read from a folder that others write."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gough.persistence.database import Database
from tests.support.clock import Clock
from tests.support.site import Site

PANIC = "\x1b[31mKernel panic - not syncing: VFS: Unable to mount root fs\x1b[0m\r\n"


@pytest.fixture
def consoles(tmp_path: Path) -> Path:
    folder = tmp_path / "consoles"
    folder.mkdir()
    return folder


@pytest.fixture
def site(database: Database, clock: Clock, tmp_path: Path, consoles: Path) -> Iterator[Site]:
    made = Site(database, clock, {"GOUGH_CONSOLE_DIR": str(consoles)})
    made.prepare(tmp_path / "library")
    yield made
    made.close()


def hang(site: Site, clock: Clock, log: Path, said: str, *, seconds_before: float = -60) -> list[str]:
    """The evidence of an installation that hung, when its console said that so long before it began."""
    system_id, job_id = site.deploying()
    site.region.pxe_boot(system_id)
    log.write_text(said)
    spoken = clock.seconds() - seconds_before
    os.utime(log, (spoken, spoken))
    clock.forward(minutes=45)
    site.settle()
    found = site.diagnosis(job_id)
    assert found["cause"] == "install-stuck"
    return list(found["evidence"])


def test_a_stage_that_hangs_quotes_the_console_with_the_time_of_its_last_line(
    site: Site, clock: Clock, consoles: Path
) -> None:
    last = hang(site, clock, consoles / "web-1.log", f"{'x' * 100_000}\nRun /init\n{PANIC}")[-1].splitlines()
    assert last[-2:] == ["Run /init", "Kernel panic - not syncing: VFS: Unable to mount root fs"]
    spoken = clock.now - timedelta(minutes=44)
    assert last[0].startswith(f"{spoken:%H:%M:%S} console last lines: ")


def test_what_a_console_said_before_the_job_began_is_not_quoted(site: Site, clock: Clock, consoles: Path) -> None:
    evidence = hang(site, clock, consoles / "web-1.log", PANIC, seconds_before=3600)
    assert not any("console" in line for line in evidence)


def test_a_log_that_is_a_link_to_elsewhere_is_not_read(
    site: Site, clock: Clock, consoles: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").touch()
    (consoles / "web-1.log").symlink_to(tmp_path / "elsewhere")
    assert not any("panic" in line for line in hang(site, clock, tmp_path / "elsewhere", PANIC))


def test_a_console_that_cannot_be_read_hinders_no_diagnosis(site: Site, clock: Clock, consoles: Path) -> None:
    (consoles / "web-1.log").mkdir()
    system_id, job_id = site.deploying()
    site.region.pxe_boot(system_id)
    clock.forward(minutes=45)
    site.settle()
    assert site.diagnosis(job_id)["cause"] == "install-stuck"
