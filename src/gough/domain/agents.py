"""What Gough thinks of an agent, from when it was last heard."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


class AgentState(StrEnum):
    ENROLLED = "enrolled"  # has a key, no heartbeat yet
    ONLINE = "online"
    OFFLINE = "offline"


class Sign(StrEnum):
    """What changes it."""

    HEARTBEAT = "heartbeat"
    SILENCE = "silence"


NEXT: Mapping[tuple[AgentState, Sign], AgentState] = {
    (AgentState.ENROLLED, Sign.HEARTBEAT): AgentState.ONLINE,
    (AgentState.ENROLLED, Sign.SILENCE): AgentState.ENROLLED,
    (AgentState.ONLINE, Sign.HEARTBEAT): AgentState.ONLINE,
    (AgentState.ONLINE, Sign.SILENCE): AgentState.OFFLINE,
    (AgentState.OFFLINE, Sign.HEARTBEAT): AgentState.ONLINE,
    (AgentState.OFFLINE, Sign.SILENCE): AgentState.OFFLINE,
}
SILENT = "agent silent"  # how the reason of a machine begins that only waits for its agent
DUPLICATED = "agent duplicated"  # and of one whose agent speaks from two systems
MISSED_BEATS = 3


def silence_allowed(interval: timedelta) -> timedelta:
    """Jitter and one lost heartbeat are no news; three missed ones are. Never under 5 s, where a busy host lies."""
    return max(interval * MISSED_BEATS * 1.1, timedelta(seconds=5))


def is_silent(last_seen: datetime, now: datetime, interval: timedelta) -> bool:
    return now - last_seen > silence_allowed(interval)
