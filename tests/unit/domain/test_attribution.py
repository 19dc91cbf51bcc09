"""Who did it, and whose a machine is."""

import pytest

from gough.domain.attribution import DEEDS, TAKES_AWAY, Author, Holder, author_of, deed, holder_of, marked_deployment
from gough.domain.machine_status import MachineStatus as Status


@pytest.mark.parametrize(
    ("username", "description", "author"),
    [
        ("alice", "(alice)", Author("alice")),
        ("alice", "(alice) - Gough job_1", Author("alice")),  # only our own key speaks for us
        ("gough", "(gough) - Gough job_1", Author("Gough", is_gough=True)),
        ("gough", "(gough)", Author("gough")),
        ("gough", "(gough) - not by Gough job_1", Author("gough")),
        ("", "From 'Ready' to 'Allocated'", Author("")),
    ],
)
def test_gough_is_told_from_people_that_use_its_key(username: str, description: str, author: Author) -> None:
    assert author_of(username, description, "gough") == author


def test_a_deed_is_a_sentence() -> None:
    assert deed("User releasing node", Author("alice")) == "alice released it in MAAS"
    assert deed("User releasing node", Author("")) == "somebody released it in MAAS"
    assert deed("Script result", Author("alice")) == ""
    assert set(DEEDS) >= TAKES_AWAY


def test_whose_a_machine_is() -> None:
    assert marked_deployment({"gough-deployment": "dep_1.2", "x": "y"}) == "dep_1"
    assert holder_of(Status.READY, "", is_ours=False) is Holder.NOBODY
    assert holder_of(Status.DEPLOYED, "", is_ours=False) is Holder.PERSON
    assert holder_of(Status.DEPLOYED, "dep_9", is_ours=False) is Holder.OTHER_GOUGH
    assert holder_of(Status.DEPLOYED, "dep_1", is_ours=True) is Holder.OURS
