"""The agents: how each is and why, narrowed by state, version and machine; and as a file."""

import re

import pytest

from gough.bootstrap import Application
from gough.domain.agent_conditions import CLOCK
from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Agent, Deployment
from tests.integration.web.conftest import Client, add_machine
from tests.integration.web.portal_forms import words


@pytest.fixture
def agents(application: Application) -> None:
    """well is online, silent is not heard, skewed has a wrong clock and a newer version."""
    use = application.use
    for name, state, version in (
        ("well", "online", "0.1.0"),
        ("silent", "offline", "0.1.0"),
        ("skewed", "online", "0.2.0"),
    ):
        machine = add_machine(application, name, MachineStatus.DEPLOYED)
        with use.database.write() as session:
            now = use.database.now(session)
            deployment = session.query(Deployment).filter_by(machine_id=machine.id).one()
            wrong = {CLOCK: {"reason": "its <clock> is wrong", "since": now.isoformat(), "seen": now.isoformat()}}
            session.add(
                Agent(
                    machine_id=machine.id, deployment_id=deployment.id, key_hash=name, state=state, version=version,
                    enrolled_at=now, last_seen_at=now, conditions=wrong if name == "skewed" else {},
                )
            )  # fmt: skip


def rows(client: Client, query: str) -> list[str]:
    page = client.get(f"/agents?{query}").text
    return re.findall(r'<th scope="row" class="c-name"><a href="[^"]+">([^<]+)</a>', page)


def test_the_list_narrows_by_state_version_and_machine(viewer: Client, agents: None) -> None:
    assert rows(viewer, "") == ["silent", "skewed", "well"]
    assert rows(viewer, "state=offline") == ["silent"]
    assert rows(viewer, "version=0.1.0&q=WE") == ["well"]
    assert rows(viewer, "state=offline&version=0.2.0") == []
    page = viewer.get("/agents?state=clock-wrong")
    assert "its <clock> is wrong" in words(page) and "<clock>" not in page.text
    assert "Clock wrong 1" in words(page) and 'href="/agents?state=clock-wrong&amp;version=0.1.0"' in page.text
    file = viewer.get("/agents?state=offline&format=csv").text.splitlines()
    assert len(file) == 2 and file[1].startswith("silent,offline,")
    assert viewer.get("/live/agents?state=offline").status_code == 200


def test_the_list_of_machines_takes_the_link_to_those_not_heard_from(viewer: Client, agents: None) -> None:
    page = viewer.get("/machines?agent=offline")
    assert "silent" in words(page) and "skewed" not in words(page)
    assert "Agent: offline" in words(page)


def test_no_agent_says_how_they_come(viewer: Client) -> None:
    assert "Every machine that Gough deploys or adopts gets an agent" in words(viewer.get("/agents"))
