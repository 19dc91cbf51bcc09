"""Regions: registered only after talking to them, their key sealed."""

import pytest
from sqlalchemy import text

from gough.domain.errors import Conflict, Invalid, Misconfigured, NotFound, Refused, Unavailable
from gough.persistence.database import Database
from gough.services import regions
from gough.services.secrets import Sealer
from tests.support.clock import Clock
from tests.support.site import MAAS_URL, Site


def stored(database: Database) -> list[str]:
    with database.read() as session:
        return [region.name for region in regions.listed(session)]


def test_a_region_is_registered_with_who_we_are_there(site: Site) -> None:
    row = site.region_row()
    assert (row.version, row.username, row.health) == ("3.4.10", "admin", "ok")


def test_its_key_is_in_no_table_readable(site: Site) -> None:
    with site.database.read() as session:
        row = dict(session.execute(text("SELECT * FROM maas_regions")).mappings().one())
    for part in site.region.api_key.split(":"):
        assert part not in str(row)
    assert site.use.sealer.open_text(row["api_key_sealed"]) == site.region.api_key
    with pytest.raises(Misconfigured, match="SECRET_KEY is not the one"):
        Sealer("another secret of at least 32 characters").open_text(row["api_key_sealed"])


def test_a_wrong_key_is_refused_and_not_stored_even_when_the_region_need_not_answer(site: Site) -> None:
    consumer, token, _ = site.region.api_key.split(":")
    for must_answer in (True, False):
        with pytest.raises(Refused, match="MAAS: ") as caught:
            regions.add(site.use, "second", MAAS_URL, f"{consumer}:{token}:wrong", must_answer=must_answer)
        assert "API key" in caught.value.hint
        assert site.region.api_key.split(":")[2] not in str(caught.value), "MAAS quotes the right secret; we must not"
    assert stored(site.database) == ["lab"]


def test_a_name_is_given_once(site: Site) -> None:
    with pytest.raises(Conflict, match="called 'lab' already"):
        regions.add(site.use, "lab", MAAS_URL, site.region.api_key)


def test_a_region_that_is_down_is_registered_only_when_that_is_allowed(site: Site) -> None:
    site.region.intercept = lambda *_: (503, "starting")
    with pytest.raises(Unavailable):
        regions.add(site.use, "second", MAAS_URL, site.region.api_key)
    regions.add(site.use, "second", MAAS_URL, site.region.api_key, must_answer=False)
    with site.database.read() as session:
        second = regions.find(session, "second")
        assert second.health == "down" and "503 starting" in second.health_reason
        with pytest.raises(NotFound):
            regions.find(session, "third")


def test_testing_a_region_remembers_how_it_went(site: Site, clock: Clock) -> None:
    site.region.intercept = lambda *_: (503, "starting")
    with pytest.raises(Unavailable):
        regions.test(site.use, "lab")
    assert site.region_row().health == "down"
    site.region.intercept = None
    regions.test(site.use, "lab")
    assert (site.region_row().health, site.region_row().health_reason) == ("ok", "")


def test_a_key_that_can_be_none_is_the_callers_mistake(site: Site) -> None:
    with pytest.raises(Invalid, match="three parts"):
        regions.add(site.use, "second", MAAS_URL, "not a key")
    with pytest.raises(Invalid, match="not an http or https URL"):
        regions.change(site.use, "lab", url="ftp://maas")


@pytest.mark.parametrize("url", ["http://user:hunter2@maas.example/MAAS/", "http://user@maas.example/", "//a@b/"])
def test_no_password_stands_in_an_address(site: Site, url: str) -> None:
    """Viewers see addresses."""
    with pytest.raises(Invalid, match="no name or password"):
        regions.add(site.use, "new", url, "a:b:c", must_answer=False)
    with pytest.raises(Invalid, match="no name or password"):
        regions.change(site.use, "lab", url=url)


def test_a_name_can_stand_in_a_path_and_on_a_terminal(site: Site) -> None:
    for name in ("a\nb", "a\x1b[2J", " ", "x" * 81):
        with pytest.raises(Invalid, match="1 to 80"):
            regions.add(site.use, name, "http://maas.example/MAAS/", "a:b:c")
