"""`gough backup` and `gough restore`, as they are typed."""

from pathlib import Path

from sqlalchemy import select

from gough.persistence.models import AuditEntry
from tests.integration.cli.conftest import Gough
from tests.support.site import Site


def test_a_backup_is_made_verified_and_restored(here: Gough, site: Site, tmp_path: Path) -> None:
    site.ready("web-1")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "notes").write_text("kept")
    file = tmp_path / "gough.zip"
    made = here("backup", str(file), "--include", str(tmp_path / "own"), "--verify")
    assert made.code == 0, made.err
    assert " files, schema " in made.out and "rows restored and compared" in made.out
    assert "SECRET_KEY is not in it" in made.err
    assert here("restore", str(file), "--verify").code == 0
    site.ready("web-2")

    refused = here("restore", str(file))
    assert refused.code == 5 and "not empty" in refused.err and "--replace" in refused.err
    back = here("restore", str(file), "--replace", "--files-to", str(tmp_path / "back"))
    assert back.code == 0 and "rows as of " in back.out
    assert (tmp_path / "back" / "own" / "notes").read_text() == "kept"
    listed = here("machine", "list").out
    assert "web-1" in listed and "web-2" not in listed
    with site.database.read() as session:
        assert "gough restore" in session.scalars(select(AuditEntry.action)).all()


def test_what_is_no_backup_is_refused(here: Gough, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_text("text")
    ended = here("restore", str(tmp_path / "no.zip"), "--replace")
    assert ended.code == 2 and "is damaged: it is no archive" in ended.err
    assert here("restore", str(tmp_path / "gone.zip")).code == 4
