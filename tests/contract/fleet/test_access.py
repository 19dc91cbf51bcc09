"""The first run of a server, signing in, users, and who may do what."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.adapters.fleet import FleetClient
from gough.adapters.fleet.access import Account
from gough.domain.errors import Conflict, Invalid, Refused, Unavailable
from gough.domain.fleet_hosts import PolicyDraft
from gough.lab.fleet import Fleet, serve

from .harness import Lab, Target, unique

PASSWORD = "correct-horse-battery-1!"
ADMIN = Account("Ada", "ada@example.org", PASSWORD)
URL = "https://fleet.example"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Target]:
    """A server that nobody has set up."""
    server = serve(Fleet())
    target = Target(server.url, "", tmp_path)
    yield target
    target.clean_up()
    server.close()


def test_setup_makes_the_first_administrator_and_is_gone_afterwards(empty: Target) -> None:
    client = empty.client()
    client.check_health()
    assert empty.http("GET", "version").text == "404 page not found\n"  # nothing else answers before the setup
    made = client.setup(ADMIN, org_name="Example", server_url=URL)
    assert client.whoami().email == ADMIN.email == made.user.email
    assert client.configuration().org_info.org_name == "Example"
    with pytest.raises(Conflict, match="set up already"):
        empty.client().setup(ADMIN, org_name="Again", server_url=URL)


def test_a_weak_password_is_refused_and_setup_stays_open(empty: Target) -> None:
    client = empty.client()
    with pytest.raises(Invalid, match="12 characters") as refused:
        client.setup(Account("Ada", ADMIN.email, "short"), org_name="Example", server_url=URL)
    assert refused.value.problems[0].pointer == "/password"
    client.setup(ADMIN, org_name="Example", server_url=URL)


def test_the_token_of_an_api_only_user_works_until_the_user_is_deleted(target: Target, fleet: FleetClient) -> None:
    name = unique("user")
    made = fleet.create_api_user(Account(name, f"{name}@example.org", PASSWORD))
    theirs = target.client(made.token)
    assert theirs.whoami().api_only
    assert theirs.username()
    fleet.delete_user(made.user.id)
    with pytest.raises(Refused, match="Authentication required"):
        theirs.whoami()


def test_an_older_server_makes_api_only_users_too(old_lab: Lab) -> None:
    made = old_lab.client.create_api_user(Account("Gough", "gough@example.org", PASSWORD))
    assert old_lab.target.client(made.token).username() == "gough@example.org"


def test_ten_sign_ins_a_minute_and_no_more(lab: Lab) -> None:
    body = {"name": "Ada", "email": ADMIN.email, "password": PASSWORD, "global_role": "admin"}
    assert lab.target.http("POST", "users/admin", json=body).status_code == 200
    client = lab.target.client("")
    for _ in range(9):
        with pytest.raises(Refused, match="Authentication failed"):
            client.login(ADMIN.email, "wrong-password-1!")
    client.login(ADMIN.email, PASSWORD)
    with pytest.raises(Unavailable, match="limit exceeded") as refused:
        client.login(ADMIN.email, PASSWORD)
    assert "60 s" in refused.value.hint
    lab.clock.forward(seconds=61)
    client.login(ADMIN.email, PASSWORD)
    client.logout()
    with pytest.raises(Refused):
        client.whoami()


def test_an_observer_reads_but_does_not_write(lab: Lab) -> None:
    made = lab.client.create_api_user(Account("Observer", "o@example.org", PASSWORD), role="observer")
    observer = lab.target.client(made.token)
    assert list(observer.hosts()) == []
    with pytest.raises(Refused, match="forbidden"):
        observer.create_policy(PolicyDraft("p", "SELECT 1"))
    with pytest.raises(Refused, match="forbidden"):
        observer.enroll_secrets()
