"""What the use cases need of Ansible."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Play:
    """A playbook of Gough's for one machine. `playbook` is a file; `private_key` is in OpenSSH's form.

    `variables` are the host's, `groups` those that it is in. `known_hosts` is a file that keeps its SSH keys.
    """

    playbook: Path
    hostname: str
    variables: Mapping[str, Any] = field(repr=False)
    groups: Sequence[str]
    private_key: str = field(repr=False)
    known_hosts: Path


class TaskOutcome(StrEnum):
    CHANGED = "changed"
    FAILED = "failed"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a task came to on the machine. `said` is Ansible's message, censored where the task has `no_log`."""

    task: str
    outcome: TaskOutcome
    said: str = ""


class PlayEnd(StrEnum):
    CONVERGED = "converged"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Played:
    """How it ended, Ansible's counts of tasks, and what it printed last where no task says why."""

    end: PlayEnd
    recap: Mapping[str, int]
    said: str = ""


class Configurator(Protocol):
    """Runs playbooks. Raises Unavailable where that cannot be begun."""

    def play(self, play: Play, heard: Callable[[TaskResult], None], stop: Callable[[], bool]) -> Played:
        """Blocks until the end. `heard` is told of each task that matters; `stop` is asked every second or so."""
        ...
