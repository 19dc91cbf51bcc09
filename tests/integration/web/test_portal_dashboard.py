"""The first page: what it says of a fleet, of Gough itself, and of an installation that has nothing yet."""

import re
from datetime import timedelta

import httpx

from gough import bootstrap
from gough.bootstrap import Application
from gough.config import Settings
from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Job, Machine, Region
from gough.services import lifecycle
from gough.web.wsgi import create
from tests.integration.web.conftest import BASE, Client, add_machine
from tests.integration.web.portal_forms import words


def test_an_empty_installation_says_what_to_do_next(admin: Client, viewer: Client, application: Application) -> None:
    said = words(admin.get("/"))
    for wanted in ("Connect a MAAS region", "Have a template done", "Build the agent", "make lab"):
        assert wanted in said
    assert "/regions/new" in admin.get("/").text.split("<main")[1].split("</main>")[0]
    assert "An administrator adds it" in words(viewer.get("/"))
    use = application.use
    with use.database.write() as session:
        session.add(
            Region(name="oslo", url="http://127.0.0.1:9/", api_key_sealed="", created_at=use.database.now(session))
        )
    assert "Waiting for the first machine" in words(admin.get("/"))
    add_machine(application, "first", MachineStatus.NEW)
    assert "Waiting for" not in words(admin.get("/"))


def test_the_fleet_its_troubles_its_jobs_and_its_room(viewer: Client, application: Application) -> None:
    for name, more in (("free", {"pool": "gold", "zone": "a"}), ("spare", {"pool": "gold", "zone": "a"})):
        add_machine(application, name, MachineStatus.READY, **more)
    add_machine(application, "busy", MachineStatus.NEW)
    job = lifecycle.commission(application.use, "busy", by="ada")
    broken = add_machine(application, "broken", MachineStatus.FAILED_COMMISSIONING).id
    use = application.use
    with use.database.write() as session:
        now = use.database.now(session)
        machine = session.get_one(Machine, broken)
        machine.service, machine.service_since = "attention", now - timedelta(hours=3)
        machine.reason, machine.next_action = "a <disk> is missing", "Look at the disk, then commission again."
        started = session.get_one(Job, job.id)
        started.state, started.wake_at = "running", now - timedelta(minutes=5)
        step = started.steps[0]
        step.state, step.started_at, step.deadline_at = "running", now, now + timedelta(minutes=30)
    page = viewer.get("/")
    said = words(page)
    counts = dict(re.findall(r'href="/machines\?service=(\w+)"[^>]*><b class="figure">([\d,]+)', page.text))
    assert counts == {"attention": "1", "in_progress": "1", "in_service": "0", "out": "2"}
    assert "a <disk> is missing Next: Look at the disk, then commission again." in said and "<disk>" not in page.text
    assert "of 30 min" in said and f'/jobs/{job.id}"' in page.text
    assert '/machines?status=ready&amp;pool=gold&amp;zone=a">2</a>' in page.text
    assert "1 job due, the longest for 5 min" in said or "No job moves" in said
    assert viewer.get("/live/dashboard").status_code == 200


def test_addresses_of_the_list_that_was_here_lead_to_it(viewer: Client, application: Application) -> None:
    answer = viewer.get("/?service=out&q=x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/machines?service=out&q=x")


def test_the_style_guide_is_there_where_debug_is_on_only(viewer: Client, settings: Settings) -> None:
    assert "Style guide" in words(viewer.get("/_styleguide"))
    quiet = bootstrap.wire(settings.model_copy(update={"debug": False}))
    guard = create(quiet)
    with Client(transport=httpx.WSGITransport(guard), base_url=BASE, cookies=viewer.cookies) as same:
        assert same.get("/_styleguide").status_code == 404
    guard.site.feed.close()
    quiet.use.database.close()
