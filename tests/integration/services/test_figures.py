"""The figures for monitoring, on either database."""

from datetime import timedelta

from gough.persistence.models import JobStep
from gough.services import admission, figures
from tests.support.site import Site


def asked(site: Site) -> dict[str, list[figures.Row]]:
    """{first figure of a query: its rows}"""
    with site.database.read() as session:
        return {each.figures[0].name: rows for each, rows in figures.ask(session, site.database.now(session))}


def validated(site: Site) -> None:
    """A job was asked for 90 s ago, and its first stage took all of that."""
    _, job_id = site.requested()
    with site.database.write() as session:
        step = session.get_one(JobStep, (job_id, "validate"))
        step.started_at, step.finished_at = site.clock.now, site.clock.now + timedelta(seconds=90)
        step.outcome = "done"
    site.clock.forward(seconds=90)


def test_every_figure_has_its_labels_and_numbers(site: Site) -> None:
    validated(site)
    admission.pause(site.use, by="ada")
    found = asked(site)
    shapes = {each.figures[0].name: len(each.labels) + len(each.figures) for each in figures.ASKED}
    assert {(name, len(row)) for name, rows in found.items() for row in rows} <= set(shapes.items())
    assert found["gough_machines"] == [("ready", "in_progress", 1)]
    assert found["gough_jobs_active"] == [("deployment", "queued", 1, 90)]
    assert found["gough_jobs_due"] == [(1, 90)]
    ((stage, outcome, *numbers),) = found["gough_stages_ended_last_day"]
    assert (stage, outcome, [round(float(number), 3) for number in numbers]) == ("validate", "done", [1, 90, 90])
    assert found["gough_region_up"][0][:2] == ("lab", 1)
    assert found["gough_paused"] == [(1,)]


def test_what_has_ended_is_forgotten_after_a_day(site: Site) -> None:
    validated(site)
    site.clock.forward(minutes=24 * 60)
    assert not asked(site)["gough_stages_ended_last_day"]
    assert asked(site)["gough_jobs_active"], "what has not ended is not"
