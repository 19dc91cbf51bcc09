"""What happened to a machine: one stream from every source. Diagnosis reads nothing else."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    MAAS = "maas"
    CLOUD_INIT = "cloud-init"
    AGENT = "agent"
    FLEET = "fleet"
    ANSIBLE = "ansible"
    GOUGH = "gough"
    PERSON = "person"
    CONSOLE = "console"


class Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class GoughEvent(StrEnum):
    """The kinds of events that Gough itself writes. Other sources keep their own words."""

    STAGE_STARTED = "stage-started"
    STAGE_DONE = "stage-done"
    STAGE_FAILED = "stage-failed"
    STAGE_SKIPPED = "stage-skipped"
    STAGE_HEALED = "stage-healed"
    ACTION_FAILED = "action-failed"
    FINDING = "finding"
    IN_SERVICE = "in-service"
    OUT_OF_SERVICE = "out-of-service"
    JOB_DONE = "job-done"
    JOB_CANCELLED = "job-cancelled"
    MACHINE_FOUND = "machine-found"
    MACHINE_VANISHED = "machine-vanished"
    MACHINE_CHANGED = "machine-changed"
    CLOCK_OFF = "clock-off"


class MaasEvent(StrEnum):
    """What Gough adds to MAAS's own events, from MAAS's other answers."""

    SCRIPT_OUTPUT = "Script output"


class AgentEvent(StrEnum):
    ENROLLED = "enrolled"
    ENROLMENT_REFUSED = "enrolment-refused"
    TOKEN_MISUSED = "token-misused"  # noqa: S105 - no password
    KEY_REJECTED = "key-rejected"
    ONLINE = "online"
    OFFLINE = "offline"
    DEGRADED = "degraded"
    DUPLICATED = "duplicated"
    RECOVERED = "recovered"
    KEY_CHANGED = "key-changed"
    COMMANDED = "commanded"


class FleetEvent(StrEnum):
    """What Gough tells of a machine's osquery, from what Fleet answers."""

    SECRET_GIVEN = "secret-given"  # noqa: S105 - no password
    ENROLLED = "enrolled"
    HOST_GONE = "host-gone"
    HOST_UNCLEAR = "host-unclear"
    ONLINE = "online"
    OFFLINE = "offline"
    POLICY_FAILS = "policy-fails"
    POLICY_PASSES = "policy-passes"
    SERVER_DOWN = "server-down"
    SERVER_REFUSES = "server-refuses"


class AnsibleEvent(StrEnum):
    """What Gough tells of a playbook's run on a machine."""

    PLAY_STARTED = "play-started"
    TASK_CHANGED = "task-changed"
    TASK_FAILED = "task-failed"
    UNREACHABLE = "unreachable"
    PLAY_ENDED = "play-ended"


class ConsoleEvent(StrEnum):
    LAST_LINES = "last lines"


class PersonEvent(StrEnum):
    REQUESTED = "requested"
    CANCELLED = "cancelled"
    RETRIED = "retried"
    HURRIED = "hurried"
    PRIORITISED = "prioritised"
    OPERATED = "operated"
    LOCATED = "located"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """`kind` is the source's own name for it: MAAS's event type, cloud-init's event name, or one of the above."""

    source: Source
    kind: str
    message: str
    occurred_at: datetime
    level: Level = Level.INFO
    actor: str = ""

    def quote(self) -> str:
        """One line of evidence, as it is shown to people."""
        said = f"{self.kind}: {self.message}" if self.message else self.kind
        return f"{self.occurred_at:%H:%M:%S} {self.source.value} {said}"
