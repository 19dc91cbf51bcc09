"""Every operation, asked by every kind of caller: the declarations say who gets in."""

import re
from collections.abc import Callable

import pytest

from gough.bootstrap import Application
from gough.domain.permissions import GRANTS, Permission, Role
from gough.web import openapi
from gough.web.declaration import Open, Operation
from gough.web.examples import example_of
from gough.web.guard import Guard
from tests.integration.web.conftest import Client, serving
from tests.support.inhabited import Inhabited
from tests.support.site import Site

STRANGERS = ("anonymous", "agent")


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def agents(site: Site) -> Inhabited:
    """Two that are really enrolled."""
    made = Inhabited(site)
    made.two_agents()
    return made


def key(agents: Inhabited, number: int = 0) -> dict[str, str]:
    return {"Authorization": f"Bearer {agents.key_of(agents.agents[number])}"}


def ask(client: Client, each: Operation, headers: dict[str, str]) -> int:
    """With nothing in it, and the names of nothing in the path: whoever gets in is told so by another status."""
    path = re.sub(r"<\w+>", "none", each.path)
    body: dict[str, str] | None = None if each.method in ("GET", "DELETE") else {}
    return client.request(each.method, path, json=body, headers={"X-CSRF-Token": client.csrf, **headers}).status_code


def expected(each: Operation, role: Role | None) -> set[int] | None:
    """The only statuses that may come; None: any but 401 and 403."""
    if isinstance(each.guard, Permission):
        if role is None:
            return {401}
        return None if each.guard in GRANTS[role] else {403}
    return None if each.guard is Open.PUBLIC or each.path.endswith("/enroll") else {401, 422}


@pytest.fixture
def quiet(guard: Guard) -> None:
    guard.site.feed.close()  # a live stream would not end


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("role", list(Role))
def test_people_get_in_where_their_role_may(person: Callable[[Role], Client], role: Role) -> None:
    client = person(role)
    wrong = []
    for each in sorted(openapi.operations(), key=lambda each: each.path.endswith("/logout")):
        status, allowed = ask(client, each, {}), expected(each, role)
        if (status in (401, 403) if allowed is None else status not in allowed) or status in (500, 405):
            wrong.append((each.method, each.path, status))
    assert wrong == []


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("stranger", STRANGERS)
def test_strangers_and_machines_get_in_nowhere_else(outsider: Client, agents: Inhabited, stranger: str) -> None:
    wrong, headers = [], key(agents) if stranger == "agent" else {}
    for each in openapi.operations():
        status, allowed = ask(outsider, each, headers), expected(each, None)
        if (status in (401, 403) if allowed is None else status not in allowed) or status in (500, 405):
            wrong.append((each.method, each.path, status))
    assert wrong == []


def test_an_agent_speaks_for_its_own_machine_and_for_no_other(outsider: Client, agents: Inhabited) -> None:
    theirs = [each for each in openapi.operations() if each.guard is Open.AGENT]
    assert len(theirs) > 2
    for each in theirs:
        assert isinstance(each.body, type) and "<agent_id>" in each.path
        body = example_of(each.body, whole=False)
        own = 404 if each.path.endswith("/fleet-secret") else 200  # no Fleet server is known here
        for agent, allowed in zip(agents.agents, (own, 401), strict=True):
            path = each.path.replace("<agent_id>", agent)
            assert outsider.request(each.method, path, json=body, headers=key(agents)).status_code == allowed, path


@pytest.mark.parametrize("role", list(Role))
def test_a_change_in_a_session_needs_its_csrf_token(person: Callable[[Role], Client], role: Role) -> None:
    client = person(role)
    client.csrf = ""
    guarded = [o for o in openapi.operations() if isinstance(o.guard, Permission) and o.method != "GET"]
    assert len(guarded) > 25
    assert {ask(client, each, {}) for each in guarded} == {403}
