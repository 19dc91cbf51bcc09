"""What ansible-runner tells of a run, as results of tasks.

https://ansible.readthedocs.io/projects/runner/en/stable/intro/#runner-artifact-job-events-host-and-playbook-events
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from gough.ports import Played, PlayEnd, TaskOutcome, TaskResult

MOST_SAID = 1000  # characters of a message
OK, FAILED, UNREACHABLE, STATS = "runner_on_ok", "runner_on_failed", "runner_on_unreachable", "playbook_on_stats"
COUNTED = ("ok", "changed", "failures", "dark", "skipped", "rescued", "ignored")
CALLED = {"failures": "failed", "dark": "unreachable"}
Event = Mapping[str, Any]


class Course:
    """Of one run: to be told of every event."""

    def __init__(self, heard: Callable[[TaskResult], None]) -> None:
        self._heard = heard
        self._seen: Counter[TaskOutcome] = Counter()
        self._recap: dict[str, int] = {}
        self._last_line = ""

    def event(self, event: Event) -> None:
        about: Mapping[str, Any] = event.get("event_data") or {}
        match event.get("event"):
            case "runner_on_ok" if (about.get("res") or {}).get("changed"):
                self._tell(about, TaskOutcome.CHANGED)
            case "runner_on_failed" if not about.get("ignore_errors"):
                self._tell(about, TaskOutcome.FAILED)
            case "runner_on_unreachable":
                self._tell(about, TaskOutcome.UNREACHABLE)
            case "playbook_on_stats":
                self._recap = {CALLED.get(name, name): sum((about.get(name) or {}).values()) for name in COUNTED}
            case "error" | "verbose" | "warning":
                self._last_line = str(event.get("stdout") or "").strip()[:MOST_SAID] or self._last_line
            case _:
                pass

    def ended(self, *, status: int, stopped: bool) -> Played:
        """`status` is ansible-playbook's own: 0 well, 2 a task failed, 4 not reached; others before any task."""
        if stopped:
            end = PlayEnd.STOPPED
        elif self._seen[TaskOutcome.UNREACHABLE] or self._recap.get("unreachable"):
            end = PlayEnd.UNREACHABLE
        else:
            end = PlayEnd.FAILED if status else PlayEnd.CONVERGED
        return Played(end, self._recap, "" if end is PlayEnd.CONVERGED else self._last_line)

    def _tell(self, about: Mapping[str, Any], outcome: TaskOutcome) -> None:
        self._seen[outcome] += 1
        self._heard(TaskResult(str(about.get("task") or "").strip(), outcome, said(about.get("res") or {})))


def said(result: Mapping[str, Any]) -> str:
    """The words of a module's result: Ansible has taken them out already where the task has `no_log`."""
    parts = [result.get(name) for name in ("censored", "msg", "stderr", "module_stderr", "reason")]
    return " ".join(dict.fromkeys(str(part).strip() for part in parts if part))[:MOST_SAID]
