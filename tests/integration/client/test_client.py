"""The client and the real application: typed answers, the server's own errors, pages, ETags; nothing is left out."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from gough.bootstrap import Application
from gough.client import Client, calls
from gough.client.errors import BY_CODE, of_answer
from gough.domain.errors import Conflict, Invalid, Misconfigured, NotFound, Outside, Problem, SecondFactorNeeded
from gough.domain.permissions import Permission, Role
from gough.persistence.models import Machine
from gough.services import users
from gough.web.guard import Guard
from gough.web.openapi import operations
from gough.web.problem import as_problem, trouble_of
from tests.integration.client.conftest import Odd, Told, add_machine
from tests.support.people import PASSWORD, account, enrolled

NOT_IN_THE_CLIENT = {
    ("GET", "/metrics"): "is for Prometheus",
    ("GET", "/api/v1/events/stream"): "is Client.events",
    ("POST", "/api/v1/machines/locations"): "is Machines.import_locations",
}


def declared() -> Iterator[tuple[str, str]]:
    """(method, address) of every call of every resource."""
    with Client("http://localhost") as client:
        for resource in vars(client).values():
            if isinstance(resource, calls.Resource):
                for call in vars(type(resource)).values():
                    if isinstance(call, calls.Call):
                        yield call.method, call.path


def test_everything_the_api_has_for_people_is_in_the_client(guard: Guard) -> None:
    """The guard has loaded the operations."""
    wanted = {
        (each.method, re.sub(r"<\w+>", "{}", each.path))
        for each in operations()
        if isinstance(each.guard, Permission) or each.path.startswith("/api/v1/auth/")
    }
    known = set(declared())
    assert wanted - known == set(NOT_IN_THE_CLIENT)
    assert known <= wanted


def test_every_error_of_the_server_is_the_same_error_here() -> None:
    problems = [Problem("/name", "is taken"), Problem("line 3, column 7", "is odd")]
    for code, kind in BY_CODE.items():
        raised = kind("MAAS", "no: really", hint="h", problems=problems) if issubclass(kind, Outside) else kind(
            "no: really", hint="h", problems=problems)  # fmt: skip
        told = as_problem(trouble_of(raised))
        assert isinstance(told.body, bytes)
        answer = httpx.Response(
            told.status, headers=list(told.headers), content=told.body, request=httpx.Request("GET", "http://localhost")
        )
        found = of_answer(answer)
        assert (type(found), str(found), found.hint, found.problems) == (kind, str(raised), "h", tuple(problems)), code
        assert getattr(found, "system", None) == getattr(raised, "system", None)


def test_errors_come_over_the_wire_with_all_they_say(client: Client, node: Machine) -> None:
    with pytest.raises(NotFound, match="node-99"):
        client.machines.get("node-99")
    with pytest.raises(Invalid) as wrong:
        client.machines.deploy("node-01", template="docker-host", variables={"nonsense": "1"})
    assert {problem.pointer for problem in wrong.value.problems} >= {"/variables/nonsense"} and wrong.value.hint
    client.machines.test("node-01")
    with pytest.raises(Conflict, match="busy with test") as busy:
        client.machines.test("node-01")
    assert "gough job cancel" in busy.value.hint
    with pytest.raises(NotFound):
        client.connection.ask("GET", "/api/v1/nothing")


def test_lists_are_read_to_their_end_page_by_page(client: Client, application: Application) -> None:
    for number in range(7):
        add_machine(application, f"n{number}", tags=("even",) if number % 2 == 0 else ())
    assert [each.hostname for each in client.machines.list(limit=2)] == [f"n{number}" for number in range(7)]
    assert [each.hostname for each in client.machines.list(limit=3, tag=["even"], sort="-status_since")].count(
        "n0"
    ) == 1
    assert {each.hostname for each in client.machines.list(tag=["even"])} == {"n0", "n2", "n4", "n6"}


def test_an_edit_of_a_state_that_has_changed_is_refused(client: Client, application: Application) -> None:
    account(application.use, "bob", Role.VIEWER)
    seen = client.users.get_tagged("bob")
    assert seen.value.role == "viewer" and seen.etag.startswith('"')
    users.change_role(application.use, "bob", Role.OPERATOR)
    with pytest.raises(Conflict):
        client.users.change("bob", if_match=seen.etag, role="admin")
    assert client.users.change("bob", if_match=client.users.get_tagged("bob").etag, role="admin").role == "admin"
    assert client.users.change("bob", role="viewer").role == "viewer"


def test_a_person_signs_in_with_a_second_factor(client: Client, application: Application) -> None:
    _, codes = enrolled(application.use, account(application.use, "eve", Role.VIEWER))
    with pytest.raises(SecondFactorNeeded):
        client.account.sign_in(name="eve", password=PASSWORD)
    made = client.account.sign_in(name="eve", password=PASSWORD, code=codes[0])
    assert client.account.refresh(refresh_token=made.refresh_token).refresh_token != made.refresh_token


@pytest.mark.parametrize(
    ("name", "sent"),
    [("a/b", "a%2Fb"), ("../jobs", "..%2Fjobs"), ("a?b=c", "a%3Fb%3Dc"), ("ä ö", "%C3%A4%20%C3%B6"), ("%2e", "%252e"),
     ("plain@1", "plain@1")],
)  # fmt: skip
def test_a_name_is_one_part_of_an_address(odd: Odd, impatient: Callable[[], Client], name: str, sent: str) -> None:
    odd.answers = [Told(status=404)]
    with pytest.raises(NotFound):
        impatient().templates.get(name)
    assert odd.asked[0][1] == f"/api/v1/templates/{sent}"


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for path in (tmp_path / "ca.pem", tmp_path / "none.pem"):
        with pytest.raises(Misconfigured, match=path.name):
            Client("https://localhost", ca_file=path)
