"""What is left of a console's log for people to read."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gough.domain.consoles import LINES, LONGEST, last_lines
from gough.domain.diagnosis import diagnose
from gough.domain.stages import Outcome
from gough.domain.timeline import ConsoleEvent, Source, TimelineEvent

# SeaBIOS and iPXE on a serial line, as QEMU 7.2 captured them.
FIRMWARE = (
    "\x1bc\x1b[?7l\x1b[2J\x1b[0mSeaBIOS (version 1.16.2-debian-1.16.2-1)\r\n\r\n"
    "Press Ctrl-B for the iPXE command line...\x08 \x08\x08 \x08net0: 52:54:00:6c:00:01 using virtio-net\r\n"
    "  [Link:down, TX:0 TXE:0 RX:0 RXE:0]\r\n\x1b[0;1mNo bootable device.\x1b[0m\r\n"
)


def test_a_firmwares_paint_is_taken_off() -> None:
    assert last_lines(FIRMWARE) == (
        "SeaBIOS (version 1.16.2-debian-1.16.2-1)",
        "Press Ctrl-B for the iPXE command line... net0: 52:54:00:6c:00:01 using virtio-net",
        "[Link:down, TX:0 TXE:0 RX:0 RXE:0]",
        "No bootable device.",
    )


@given(st.text())
def test_whatever_a_console_says_few_short_lines_of_plain_text_are_left(said: str) -> None:
    lines = last_lines(said)
    assert len(lines) <= LINES
    assert all(line and len(line) <= LONGEST and "\x1b" not in line and "\n" not in line for line in lines)


def _said(source: Source, kind: str, message: str = "") -> TimelineEvent:
    return TimelineEvent(source, kind, message, datetime(2026, 1, 1, 12, tzinfo=UTC))


def test_a_stage_that_hangs_quotes_the_console_and_one_that_failed_does_not() -> None:
    events = [
        _said(Source.MAAS, "Performing PXE boot"), _said(Source.MAAS, "Loading ephemeral"),
        _said(Source.CONSOLE, ConsoleEvent.LAST_LINES, "Kernel panic - not syncing: Attempted to kill init!"),
    ]  # fmt: skip
    hangs = diagnose("install", Outcome.OVERDUE, events)
    assert hangs.cause == "install-stuck"
    assert hangs.evidence[-1] == "12:00:00 console last lines: Kernel panic - not syncing: Attempted to kill init!"
    assert not any("panic" in line for line in diagnose("install", Outcome.FAILED, events).evidence)
