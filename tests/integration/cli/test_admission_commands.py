"""`gough job pause …`, `gough window …` and the region's limit: who is held up, by what, until when."""

import json

from gough.domain.machine_options import WITHOUT_TESTS
from gough.services import lifecycle, regions
from tests.integration.cli.conftest import Gough
from tests.support.site import Site

WEEKEND = ("--days", "sat-sun", "--start", "06:00", "--minutes", "120")


def commissioning(site: Site, hostname: str) -> str:
    """The id of a job that has been asked for."""
    return lifecycle.commission(site.use, site.ready(hostname), WITHOUT_TESTS, by="op").id


def test_a_pause_holds_what_is_queued_and_says_who_paused_and_why(gough: Gough, site: Site) -> None:
    assert gough("job", "list").err == "Nothing here yet.\n"
    assert gough("job", "pause", "--reason", "storage is being moved").code == 0
    again = gough("job", "pause")
    assert again.code == 5 and "paused already" in again.err
    job_id = commissioning(site, "web-1")
    site.clock.forward(seconds=65)
    site.settle()
    listed = gough("job", "list", "-o", "json")
    assert json.loads(listed.out)[0]["state"] == "queued"
    assert " for 1 min 05 s: storage is being moved\n" in listed.err
    begun = gough("job", "begin", job_id)
    assert begun.code == 5 and "does not wait for a maintenance window" in begun.err
    assert gough("job", "resume").code == 0 and gough("job", "resume").code == 5
    site.settle()
    assert site.job(job_id).state == "running" and gough("job", "list").err == ""


def test_a_region_is_paused_and_a_waiting_job_given_another_priority(gough: Gough, site: Site) -> None:
    assert gough("region", "pause", "lab", "--reason", "its rack moves").code == 0
    assert gough("region", "pause", "lab").code == 5
    asked = gough("machine", "commission", site.ready("web-1"), "--skip-tests", "--priority", "urgent")
    job_id = asked.out.strip()
    site.settle()
    assert site.job(job_id).state == "queued"
    shown = json.loads(gough("region", "show", "lab", "-o", "json").out)
    assert "its rack moves" in shown["paused"] and "its rack moves" in gough("region", "list").out
    assert json.loads(gough("job", "list", "-o", "json").out)[0]["priority"] == "urgent"
    assert gough("job", "prioritise", job_id, "low").out == f"{job_id} waits with priority low.\n"
    assert json.loads(gough("job", "show", job_id, "-o", "json").out)["priority"] == "low"
    assert gough("job", "prioritise", job_id, "soon").code == 2
    assert gough("region", "resume", "lab").code == 0 and gough("region", "resume", "lab").code == 5
    site.settle()
    assert site.job(job_id).state == "running" and gough("job", "prioritise", job_id, "high").code == 5


def test_a_job_waits_for_its_window_and_is_begun_by_a_person(gough: Gough, site: Site) -> None:
    """The clock begins on Thursday at noon."""
    site.ready("free")
    added = gough("window", "add", "weekend", *WEEKEND, "--pool", "default", "--zone", "default")
    expected = "weekend: binds 1 machines now (zone default; pool default); opens 2026-01-03 06:00 UTC.\n"
    assert added.out == expected
    job_id = commissioning(site, "bound")
    site.settle()
    assert site.job(job_id).state == "queued"
    assert gough("job", "begin", job_id).out == f"{job_id} does not wait for a maintenance window.\n"
    site.settle()
    assert site.job(job_id).state == "running" and gough("job", "begin", job_id).code == 5


def test_a_running_stage_tells_how_far_it_is(gough: Gough, site: Site) -> None:
    system_id, job_id = site.deploying()
    site.region.pxe_boot(system_id)
    site.settle()
    told = site.machine(system_id).status_message
    steps = json.loads(gough("job", "show", job_id, "-o", "json").out)["steps"]
    assert [step["progress"] for step in steps if step["state"] == "running"] == [told] != [""]
    assert told in gough("job", "show", job_id).out


def test_windows_are_listed_and_removed_and_wrong_ones_named(gough: Gough, site: Site) -> None:
    site.ready()
    site.clock.forward(minutes=60 * 24 * 2)  # Saturday at noon
    always = ("--days", "daily", "--start", "09:00", "--minutes", "600", "--tag", "gpu", "--tag", "ssd")
    assert gough("window", "add", "office", *always, "--timezone", "Europe/Berlin").code == 0
    assert gough("window", "add", "weekend", *WEEKEND).out.startswith("weekend: binds 1 machines now (every machine)")
    assert gough("window", "add", "weekend", *WEEKEND).code == 5
    office, weekend = gough("window", "list").out.splitlines()[1:]
    assert "tag gpu and ssd" in office and "now" in office and "2026-01-04 06:00 UTC" in weekend
    found = json.loads(gough("window", "list", "-o", "json").out)
    assert [(each["name"], each["days"], each["is_open"]) for each in found][1] == ("weekend", ["sat", "sun"], False)
    assert found[0]["applies"] == {"tag": ["gpu", "ssd"]} and found[0]["opens_at"] is None
    assert [each["machines"] for each in found] == [0, 1]
    wrong = gough("window", "add", "w", "--days", "sat", "--start", "25:00", "--minutes", "0", "--timezone", "Mars")
    assert wrong.code == 2 and all(f"/{field}" in wrong.err for field in ("start", "minutes", "timezone"))
    assert gough("window", "add", "w", *WEEKEND, "--status", "happy").code == 2
    fleeting = gough("window", "add", "w", *WEEKEND, "--service", "in_service")
    assert fleeting.code == 2 and "changes with the very work" in fleeting.err
    assert gough("window", "add", "w", "--days", "someday", "--start", "06:00", "--minutes", "9").code == 2
    assert gough("window", "remove", "weekend").code == 0 and gough("window", "remove", "weekend").code == 4


def test_a_region_shows_its_limit_and_what_is_in_flight(gough: Gough, site: Site) -> None:
    for hostname in ("web-1", "web-2"):
        commissioning(site, hostname)
    regions.change(site.use, "lab", max_in_flight=1)
    site.settle()
    shown = json.loads(gough("region", "show", "lab", "-o", "json").out)
    assert (shown["in_flight"], shown["max_in_flight"]) == (1, 1)
    gough("region", "set", "lab", "--max-in-flight", "0")
    lines = dict(line.split("  ", 1) for line in gough("region", "show", "lab").out.splitlines())
    assert (lines["jobs in flight"].strip(), lines["at most"].strip()) == ("1", "any number")
