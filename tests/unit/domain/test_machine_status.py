"""MAAS's statuses, against what MAAS 3.4 itself says: its numbers, words and moves, written out a second time."""

import pytest

from gough.domain.machine_status import (
    BY_LABEL,
    COMMISSIONABLE,
    DEPLOYABLE,
    RELEASABLE,
    START,
    TESTABLE,
    TRANSITIONS,
    MachineStatus,
    may_move,
)

# from → to, as in MAAS 3.4 NODE_TRANSITIONS; a-b is every number from a to b
MOVES = """
start→0,3,7 · 0→1,3,4,7,8,17,21 · 1→0,2,3,4,7,8,21 · 2→1,3,7,8,17,21 · 3→0,1,4,8,10,17,21 · 4→1,3,5,7,8,10,17,21
5→3,4,7,8,10,12,14,17,21 · 6→3,4,8,10,12,14,17,21 · 7→0,3,4,8,17,21 · 8→1,4,6,12,14,17,21 · 9→3,4,6,8,10,11,12,14
10→3,4,7,8,9,12,14,17,21 · 11→3,4,8,10,12,14,17,21 · 12→0,3,4,5,6,8,10,11,13,15 · 13→4,8,12,14,21 · 14→4,8,12,14,15
15→4,8,10,12,14,17,21 · 16→8,19,21 · 17→4,6,8,16,18,19 · 18→8,17,19,21
19→0,2-8,10,11,13,15,16,18,20,22 · 20→8,19,21 · 21→0,1,3-8,10,11,13,15,18,20,22 · 22→1,3,4,6,8,17,21
"""
LABELS = (
    "New", "Commissioning", "Failed commissioning", "Missing", "Ready", "Reserved", "Deployed", "Retired", "Broken",
    "Deploying", "Allocated", "Failed deployment", "Releasing", "Releasing failed", "Disk erasing",
    "Failed disk erasing", "Rescue mode", "Entering rescue mode", "Failed to enter rescue mode",
    "Exiting rescue mode", "Failed to exit rescue mode", "Testing", "Failed testing",
)  # fmt: skip


def numbers(text: str) -> set[int]:
    spans = [part.split("-") for part in text.split(",")]
    return {number for span in spans for number in range(int(span[0]), int(span[-1]) + 1)}


def documented() -> dict[str, set[int]]:
    pairs = [part.split("→") for part in MOVES.replace("\n", " · ").split(" · ") if part]
    return {before.strip(): numbers(after.strip()) for before, after in pairs}


def test_the_moves_are_those_of_maas() -> None:
    ours = {str(before.value): {after.value for after in afters} for before, afters in TRANSITIONS.items()}
    assert ours | {"start": {status.value for status in START}} == documented()
    assert len(ours) == 23


@pytest.mark.parametrize("number", range(23))
def test_every_status_bears_the_words_of_maas(number: int) -> None:
    assert MachineStatus(number).label == LABELS[number]
    assert BY_LABEL[LABELS[number]] is MachineStatus(number)


def test_a_filter_names_a_status_as_the_enum_does() -> None:
    assert MachineStatus.FAILED_DEPLOYMENT.filter_name == "failed_deployment"


def test_a_move_is_allowed_in_one_direction_only() -> None:
    assert may_move(MachineStatus.ALLOCATED, MachineStatus.DEPLOYING)
    assert not may_move(MachineStatus.READY, MachineStatus.DEPLOYED)


def test_what_may_be_asked_of_a_machine_follows_from_its_status() -> None:
    assert {s.value for s in RELEASABLE} == {5, 6, 8, 9, 10, 11, 13, 15}
    assert {s.value for s in DEPLOYABLE} == {4}
    assert {s.value for s in COMMISSIONABLE} == {0, 2, 3, 4, 8, 21, 22}
    assert MachineStatus.DEPLOYED in TESTABLE and MachineStatus.DEPLOYING not in TESTABLE
