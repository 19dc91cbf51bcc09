"""What a BMC says, and what happens when it says nothing."""

import pytest

from gough.domain.errors import Unavailable

from .harness import NO_BMC, Lab


def asked(lab: Lab) -> list[str]:
    """Every question to a BMC from now on."""
    seen: list[str] = []
    lab.region.intercept = lambda method, path, op: seen.append(path) if op == "query_power_state" else None
    return seen


def test_the_bmc_is_believed_and_not_the_record(lab: Lab) -> None:
    system_id = lab.deployed()
    lab.region.power_changed(system_id, on=False)
    assert lab.maas.machine(system_id).power_state == "off"
    assert lab.maas.power_state(system_id) == "on"
    assert lab.maas.machine(system_id).power_state == "on"


def test_a_silent_bmc_is_asked_once_although_reading_is_repeated(lab: Lab) -> None:
    system_id = lab.ready()
    lab.power.silent.add(system_id)
    questions = asked(lab)
    with pytest.raises(Unavailable, match="504 Unexpected exception: TimeoutError"):
        lab.maas.power_state(system_id)
    assert len(questions) == 1


def test_a_bmc_out_of_reach_is_unavailable_at_once(lab: Lab) -> None:
    system_id = lab.ready()
    lab.power.broken.add(system_id)
    questions = asked(lab)
    with pytest.raises(Unavailable, match=NO_BMC):
        lab.maas.power_state(system_id)
    assert len(questions) == 1
