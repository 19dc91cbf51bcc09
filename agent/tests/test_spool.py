"""The spool: bounded, and whole after a kill at any byte."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gough_agent.keep import Keep
from gough_agent.log import Log
from gough_agent.spool import SEGMENT_RECORDS, Spool
from gough_agent.state import Store
from gough_agent.transport import Transport

MESSAGE = b'{"sequence": %d}'


def filled(folder: Path, numbers: range, max_bytes: int = 1 << 20) -> Spool:
    spool = Spool(folder, max_bytes)
    for number in numbers:
        spool.append(number, MESSAGE % number)
    return spool


def drained(spool: Spool) -> list[int]:
    numbers = []
    while records := spool.oldest():
        assert all(record.message == MESSAGE % record.sequence for record in records)
        numbers += [record.sequence for record in records]
        spool.done([record.sequence for record in records])
    return numbers


def test_batches_come_oldest_first_and_leave_nothing(tmp_path: Path) -> None:
    filled(tmp_path, range(1, 101)).close()
    spool = Spool(tmp_path, 1 << 20)
    assert spool.waiting == 100
    assert len(spool.oldest()) == SEGMENT_RECORDS
    assert drained(spool) == list(range(1, 101))
    assert (spool.waiting, spool.size, list(tmp_path.iterdir())) == (0, 0, [])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 400), st.integers(1, 12))
def test_a_kill_in_the_middle_of_a_write_costs_that_record_alone(cut: int, records: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled(folder, range(1, records + 1)).close()
        (file,) = folder.iterdir()
        whole = file.read_bytes()
        size = len(whole) // records  # all alike but for their number
        file.write_bytes(whole[: max(0, len(whole) - cut % size)])
        spool = Spool(folder, 1 << 20)
        spool.append(1000, MESSAGE % 1000)  # never behind a torn record
        spool.close()
        survivors = range(1, records + 1) if cut % size == 0 else range(1, records)
        assert drained(Spool(folder, 1 << 20)) == [*survivors, 1000]


def test_a_damaged_record_is_left_out_and_the_next_ones_are_read(tmp_path: Path) -> None:
    filled(tmp_path, range(1, 6)).close()
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    assert drained(Spool(tmp_path, 1 << 20)) == [1, 2, 4, 5]


def test_it_keeps_to_its_bound_and_the_oldest_go(tmp_path: Path) -> None:
    spool, dropped = Spool(tmp_path, 4000), 0
    for number in range(1, 501):
        dropped += spool.append(number, MESSAGE % number)
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) == spool.size <= 4000
    assert dropped > 300
    assert drained(spool) == list(range(dropped + 1, 501))


def test_how_many_were_dropped_outlives_a_restart(tmp_path: Path) -> None:
    transport = Transport("http://127.0.0.1:1")
    keep = Keep(Store(tmp_path), transport, 4000, Log([].append))
    for number in range(1, 501):
        keep.add(number, MESSAGE % number)
    keep.close()
    again = Keep(Store(tmp_path), transport, 4000, Log([].append))
    assert again.status() == keep.status()
    assert again.waiting + Store(tmp_path).state.heartbeats_dropped == 500


def test_what_part_of_a_batch_arrived_is_not_sent_again(tmp_path: Path) -> None:
    spool = filled(tmp_path, range(1, 6))
    spool.oldest()
    spool.done([1, 3])
    assert [record.sequence for record in spool.oldest()] == [2, 4, 5]
    assert spool.waiting == 3


def test_one_of_a_later_batch_may_arrive_first(tmp_path: Path) -> None:
    spool = filled(tmp_path, range(1, SEGMENT_RECORDS + 2))
    spool.done([SEGMENT_RECORDS + 1])
    assert spool.waiting == SEGMENT_RECORDS
    assert drained(spool) == list(range(1, SEGMENT_RECORDS + 1))
    assert (spool.waiting, list(tmp_path.iterdir())) == (0, [])


def test_a_full_disk_costs_the_heartbeat_not_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    keep = Keep(Store(tmp_path), Transport("http://127.0.0.1:1"), 1 << 20, Log(lines.append))
    keep.add(1, MESSAGE % 1)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    keep.add(2, MESSAGE % 2)
    keep.add(3, MESSAGE % 3)
    monkeypatch.undo()
    keep.add(4, MESSAGE % 4)
    assert keep.status()["dropped"] == 2
    assert lines == ["gough-agent: a heartbeat could not be kept for later: No space left on device\n"]
    assert drained(Spool(tmp_path / "spool", 1 << 20))[-1] == 4
