"""Several users: whose a machine is, who may do what with it, and what the log says about them."""

import httpx
import pytest

from gough.adapters.maas import MaasClient
from gough.domain.errors import Conflict, Refused
from gough.domain.machine_status import MachineStatus

from .harness import Lab, newest_id, signature

S = MachineStatus
FOR_ADMINISTRATORS = ("commission", "test", "mark_fixed", "rescue", "exit_rescue", "override_failed_testing")
FOR_ITS_OWNER = ("release", "lock", "power_off", "abort", "mark_broken")


@pytest.fixture
def joe(lab: Lab) -> MaasClient:
    return lab.target.client(lab.region.add_user("joe"))


def test_each_key_belongs_to_its_user(lab: Lab, joe: MaasClient) -> None:
    assert (lab.maas.whoami(), joe.whoami()) == ("admin", "joe")


def test_a_revoked_key_is_refused_and_the_others_go_on(lab: Lab) -> None:
    key = lab.region.add_user("joe")
    joe = lab.target.client(key)
    assert joe.whoami() == "joe"
    lab.region.revoke(key)
    with pytest.raises(Refused, match="Invalid API key"):
        joe.whoami()
    assert lab.maas.whoami() == "admin"


def test_a_user_makes_names_and_deletes_keys_of_their_own(lab: Lab, joe: MaasClient) -> None:
    def account(operation: str, **form: str) -> httpx.Response:
        method = "GET" if operation.startswith("list") else "POST"
        return lab.target.http(method, f"account/?op={operation}", auth=signature(joe_key), data=form or None)

    def named() -> list[str]:
        return [key["name"] for key in account("list_authorisation_tokens").json()]

    joe_key = lab.region.add_user("joe")
    made = account("create_authorisation_token", name="terraform").json()
    key = f"{made['consumer_key']}:{made['token_key']}:{made['token_secret']}"
    assert lab.target.client(key).whoami() == "joe"
    assert key in [known["token"] for known in account("list_authorisation_tokens").json()]
    assert account("update_token_name", token=key, name="ansible").status_code == 202
    assert named() == ["MAAS consumer", "MAAS consumer", "ansible"]
    admins = lab.target.api_key.split(":")[1]
    assert account("delete_authorisation_token", token_key=admins).status_code == 404
    assert account("delete_authorisation_token").text == "No provided token_key!"
    assert account("delete_authorisation_token", token_key=made["token_key"]).status_code == 204
    with pytest.raises(Refused, match="Invalid API key"):
        lab.target.client(key).whoami()
    assert named() == ["MAAS consumer", "MAAS consumer"]


def test_what_a_user_deploys_is_theirs_and_the_log_says_so(lab: Lab, joe: MaasClient) -> None:
    system_id = lab.ready()
    before = newest_id(lab.maas)
    assert joe.deploy(system_id, series="noble", user_data=b"").owner == "joe"
    lab.install(system_id)
    lab.region.user_data(system_id)
    assert (lab.maas.machine(system_id).status, lab.maas.machine(system_id).owner) == (S.DEPLOYED, "joe")
    asked = [event for event in lab.maas.events(before) if event.type.startswith("User ")]
    assert {(event.username, event.description) for event in asked} == {("joe", "(joe)")}
    assert ("DEBUG", "Node changed status", "From 'Ready' to 'Allocated' (to joe)") in lab.log(system_id, before)


def test_a_failing_bmc_is_told_with_the_name_of_who_asked(lab: Lab, joe: MaasClient) -> None:
    system_id = lab.ready()
    lab.power.broken.add(system_id)
    joe.deploy(system_id, series="noble", user_data=b"")
    lab.until(system_id, S.ALLOCATED)
    warnings = [text for level, _, text in lab.log(system_id) if level == "WARNING"]
    assert [text.startswith("(joe) - ") for text in warnings] == [True, True]


def test_a_user_sees_their_own_and_nobodys(lab: Lab, joe: MaasClient) -> None:
    mine, free, theirs = lab.ready("mine"), lab.ready("free"), lab.ready("theirs")
    joe.allocate(mine, agent_name="x")
    lab.maas.allocate(theirs, agent_name="x")
    assert {machine.system_id for machine in joe.machines([mine, free, theirs])} == {mine, free}
    with pytest.raises(Refused):
        joe.machine(theirs)
    assert {machine.system_id for machine in lab.maas.machines([mine, free, theirs])} == {mine, free, theirs}


def test_a_user_reads_the_events_of_what_they_see(lab: Lab, joe: MaasClient) -> None:
    mine, free, theirs = lab.ready("mine"), lab.ready("free"), lab.ready("theirs")
    joe.allocate(mine, agent_name="x")
    lab.maas.allocate(theirs, agent_name="x")
    assert {event.system_id for event in joe.events(0)} == {mine, free}
    assert {event.system_id for event in lab.maas.events(0)} == {mine, free, theirs}
    assert newest_id(lab.maas) > newest_id(joe), "the last is about another's machine"
    lab.maas.release(theirs)
    lab.until(theirs, S.READY)
    assert newest_id(joe) == newest_id(lab.maas), "a machine's whole past is seen with it"


@pytest.mark.parametrize("operation", [*FOR_ADMINISTRATORS, *FOR_ITS_OWNER])
def test_a_user_may_do_nothing_with_the_machine_of_another(lab: Lab, joe: MaasClient, operation: str) -> None:
    system_id = lab.deployed()
    before = newest_id(lab.maas)
    with pytest.raises(Refused):
        getattr(joe, operation)(system_id)
    assert newest_id(lab.maas) == before


@pytest.mark.parametrize("operation", FOR_ADMINISTRATORS)
def test_some_things_are_for_administrators_only(lab: Lab, joe: MaasClient, operation: str) -> None:
    system_id = lab.ready()
    joe.allocate(system_id, agent_name="x")
    with pytest.raises(Refused):
        getattr(joe, operation)(system_id)
    for act in (
        lambda: joe.update(system_id, {"description": "x"}),
        lambda: joe.delete_machine(system_id),
        lambda: joe.set_storage_layout(system_id, "flat"),
        joe.system_ids,
    ):
        with pytest.raises(Refused):
            act()


def test_an_owner_releases_their_own_but_not_anothers(lab: Lab, joe: MaasClient) -> None:
    mine, theirs = lab.ready("mine"), lab.ready("theirs")
    joe.allocate(mine, agent_name="x")
    lab.maas.allocate(theirs, agent_name="x")
    with pytest.raises(Refused, match=theirs):
        joe.release_all([mine, theirs])
    assert lab.region.status(mine) is S.ALLOCATED
    assert joe.release_all([mine]) == {mine}


def test_a_machine_somebody_else_allocated_is_not_to_be_had(lab: Lab, joe: MaasClient) -> None:
    system_id = lab.ready()
    joe.allocate(system_id, agent_name="by hand")
    with pytest.raises(Conflict):
        lab.maas.allocate(system_id, agent_name="gough")
    assert lab.maas.is_allocated_as(system_id, "by hand")


def test_only_its_owner_marks_a_machine_broken(lab: Lab, joe: MaasClient) -> None:
    system_id = lab.ready()
    joe.allocate(system_id, agent_name="x")
    with pytest.raises(Refused):
        lab.maas.mark_broken(system_id)
    assert joe.mark_broken(system_id).status is S.BROKEN


def test_what_a_user_creates_waits_for_an_administrator(lab: Lab, joe: MaasClient) -> None:
    made = joe.create_machine(architecture="amd64", mac_addresses=["52:54:00:00:00:0a"], commission=True)
    assert made.status is S.NEW
