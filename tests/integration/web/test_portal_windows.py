"""The portal's maintenance windows: the list, the form, a job that waits for one. The clock begins on a Thursday."""

import re

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from gough.bootstrap import Application
from gough.persistence.models import MaintenanceWindow
from gough.services import lifecycle, windows
from tests.integration.web.conftest import Client, serving
from tests.integration.web.portal_forms import faults, send, words
from tests.support.site import Site

WEEKEND = {"name": "weekend süd", "days": ["sat", "sun"], "start": "06:00", "minutes": "120", "timezone": "UTC"}
HERE = "/windows/" + "weekend süd".encode().decode("latin-1")  # as a server hands it on; httpx's transport does not
EDIT = f"{HERE}/edit"


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def row(site: Site, name: str = "weekend süd") -> MaintenanceWindow:
    with site.database.read() as session:
        return windows.find(session, name)


def queued(site: Site) -> str:
    """The job of a machine of the default pool that wants to be commissioned."""
    job = lifecycle.commission(site.use, site.ready(), by="op")
    site.settle()
    return job.id


def test_a_window_is_made_read_changed_and_taken_away(admin: Client, viewer: Client, site: Site) -> None:
    site.ready()
    assert "No maintenance windows" in words(viewer.get("/windows"))
    made = send(admin, "/windows/new", **WEEKEND, **{"a.pool": "default, other", "a.tag": ""})
    assert (made.status_code, made.headers["location"]) == (303, "/windows")
    page = viewer.get("/windows")
    for said in (
        "weekend süd Sat, Sun at 06:00 for 2 h, UTC", "Closed", "1 machine Resource pool: default or other", "admin",
    ):  # fmt: skip
        assert said in words(page)
    assert '<time datetime="2026-01-03T06:00:00.000Z" title="2026-01-03 06:00:00 UTC" data-form="day">' in page.text
    assert 'href="/machines?pool=default&amp;pool=other"' in page.text
    assert 'href="/windows/weekend%20s%C3%BCd/edit"' in admin.get("/windows").text
    form = admin.get(EDIT)
    for kept in ('value="weekend süd"', 'value="sat" checked', 'value="06:00"', 'value="default, other"'):
        assert kept in form.text
    assert 'value="mon" checked' not in form.text
    send(admin, EDIT, **{**WEEKEND, "days": ["mon", "tue", "wed", "thu", "fri"], "start": "11:00"})
    assert "Mon–Fri at 11:00 for 2 h" in words(viewer.get("/windows")) and "Open" in words(viewer.get("/windows"))
    assert (row(site).minutes, row(site).applies) == (120, {})
    assert send(admin, EDIT, **{**WEEKEND, "name": "weekend"}).status_code == 303
    assert row(site, "weekend").days == [5, 6] and len(re.findall("at 06:00", words(viewer.get("/windows")))) == 1
    assert send(admin, "/windows/weekend/remove").status_code == 303
    assert "No maintenance windows" in words(viewer.get("/windows"))
    assert admin.get(EDIT).status_code == 404


def test_what_is_wrong_is_told_at_its_field_and_changes_nothing(admin: Client, site: Site) -> None:
    wrong = {"name": "a/b", "start": "6", "minutes": "two", "timezone": "Mars", "a.rack": "x" * 300}
    answer = send(admin, "/windows/new", **wrong)
    assert answer.status_code == 422
    assert set(faults(answer)) == {"name", "days", "start", "minutes", "timezone", "a.rack"}
    for kept in ('value="a/b"', 'value="two"', 'value="Mars"'):
        assert kept in answer.text
    elsewhere = send(admin, "/windows/new", **WEEKEND, **{"a.region": "nowhere"})
    assert elsewhere.status_code == 422 and set(faults(elsewhere)) == {"a.region"}
    assert send(admin, "/windows/new", **WEEKEND).status_code == 303
    taken = send(admin, "/windows/new", **WEEKEND)
    assert taken.status_code == 409 and "There is a maintenance window called" in words(taken)
    assert send(admin, "/windows/new", **{**WEEKEND, "name": "other"}).status_code == 303
    assert send(admin, EDIT, **{**WEEKEND, "name": "other", "start": "07:00"}).status_code == 409
    assert send(admin, EDIT, **{**WEEKEND, "start": "25:00"}).status_code == 422
    assert row(site).start == "06:00"


def test_machines_stay_bound_while_their_window_is_changed(admin: Client, site: Site) -> None:
    """Whoever looks between two steps of a change finds a window all the same."""
    send(admin, "/windows/new", **WEEKEND)
    system_id, found = site.ready(), []

    def look(_session: Session) -> None:
        with site.database.read() as session:
            found.append(windows.opening(session, site.machine(system_id), site.clock.now) is not None)

    event.listen(Session, "after_commit", look)
    try:
        assert send(admin, EDIT, **{**WEEKEND, "minutes": "60"}).status_code == 303
    finally:
        event.remove(Session, "after_commit", look)
    assert found and all(found)
    with site.database.read() as session:
        assert [(each.name, each.minutes) for each in windows.listed(session)] == [("weekend süd", 60)]


def test_only_an_administrator_changes_windows(viewer: Client, operator: Client, admin: Client) -> None:
    send(admin, "/windows/new", **WEEKEND)
    for client in (viewer, operator):
        assert "/edit" not in client.get("/windows").text
        assert [client.get(path).status_code for path in ("/windows/new", EDIT)] == [403, 403]
        paths = ("/windows/new", EDIT, f"{HERE}/remove")
        assert [send(client, path, **WEEKEND).status_code for path in paths] == [403] * 3


def test_a_job_that_waits_says_so_and_begins_when_it_must(
    admin: Client, operator: Client, viewer: Client, site: Site
) -> None:
    send(admin, "/windows/new", **WEEKEND)
    job_id = queued(site)
    machine = f"/machines/{site.job(job_id).machine_id}"
    for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/live", machine, f"{machine}/live"):
        page = operator.get(path)
        assert "Waits for its maintenance window" in words(page) and "2026-01-03 06:00" in words(page)
        assert f'action="/jobs/{job_id}/begin"' in page.text
        assert "/begin" not in viewer.get(path).text
    assert "its maintenance window, which opens 2026-01-03 06:00" in words(viewer.get("/work"))
    assert send(viewer, f"/jobs/{job_id}/begin").status_code == 403
    assert send(operator, f"/jobs/{job_id}/begin").headers["location"] == f"/jobs/{job_id}"
    site.settle()
    assert site.job(job_id).state == "running"
    assert "Waits for" not in words(operator.get(f"/jobs/{job_id}"))
    assert send(operator, f"/jobs/{job_id}/begin").status_code == 409
