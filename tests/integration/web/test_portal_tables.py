"""Every list as a file: all of what matches, and nothing that a spreadsheet would run."""

import csv
from io import StringIO

import httpx
import pytest

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Machine
from gough.services import lifecycle
from gough.web.portal import machines
from tests.integration.web.conftest import Client, add_machine

EVIL = ("=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\tx", "\r=x")


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"].startswith("text/csv"), answer.text[:200]
    assert answer.headers["content-disposition"].startswith('attachment; filename="gough-')
    return list(csv.DictReader(StringIO(answer.text, newline="")))


def test_all_that_match_and_not_one_page(
    viewer: Client, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "FILE_ROWS", 7)  # several reads
    for number in range(60):
        add_machine(application, f"n{number:02}", tags=("x", "gpu") if number % 2 else ("y",), memory_mib=1024)
    found = rows(viewer.get("/machines?tag=x&sort=status&format=csv&limit=5"))
    assert [row["machine"] for row in found] == [f"n{number:02}" for number in range(1, 60, 2)]
    assert (found[0]["maas_status"], found[0]["tags"], found[0]["memory_mib"]) == ("Ready", "x gpu", "1024")
    assert found[0]["since"].endswith("Z")
    assert "/machines?tag=x&amp;format=csv" in viewer.get("/machines?tag=x").text


@pytest.mark.parametrize("evil", EVIL)
def test_a_machines_words_are_no_formula(viewer: Client, application: Application, evil: str) -> None:
    machine = add_machine(application, "node-01", MachineStatus.READY, pool=evil)
    with application.use.database.write() as session:
        session.get_one(Machine, machine.id).reason = evil
    (row,) = rows(viewer.get("/machines?format=csv"))
    assert (row["reason"], row["pool"], row["cores"]) == (f"'{evil}", f"'{evil}", "0")


def test_a_wrong_filter_is_said_before_the_file_begins(viewer: Client, application: Application) -> None:
    assert viewer.get("/machines?region=nowhere&format=csv").status_code == 422


@pytest.mark.parametrize("path", ["/jobs", "/templates", "/regions", "/agents", "/users", "/audit"])
def test_the_other_lists_are_files_too(admin: Client, application: Application, path: str) -> None:
    add_machine(application, "node-01", MachineStatus.NEW)
    lifecycle.commission(application.use, "node-01", by="ada")
    admin.change("/api/v1/machines/node-01/commission")
    found = rows(admin.get(f"{path}?format=csv"))
    assert bool(found) is (path != "/agents")
    assert 'format=csv" download' in admin.get(path).text or not found


def test_a_file_needs_what_its_page_needs(viewer: Client, outsider: Client) -> None:
    assert viewer.get("/audit?format=csv").status_code == viewer.get("/users?format=csv").status_code == 403
    assert outsider.get("/machines?format=csv").status_code == 303
