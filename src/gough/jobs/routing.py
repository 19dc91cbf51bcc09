"""Which queue a job waits in, so that long work of one kind does not hold up the rest.

A job says itself where it waits (`Job.queue`): it moves into `ansible` when it is about to run a playbook, and back
when that is done. In-process executors have threads for each queue; Celery has a queue of that name.
"""

from collections.abc import Sequence

from gough.domain.errors import Invalid, Problem
from gough.services.workflow.queues import ANSIBLE, DEFAULT

QUEUES = (DEFAULT, ANSIBLE)


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The queues that a worker serves: these, or all of them where none is named. Raises Invalid for an unknown one."""
    if unknown := [name for name in names if name not in QUEUES]:
        problem = Problem("--queue", f"expected one of {', '.join(QUEUES)}; {unknown[0]!r} is none")
        raise Invalid("There is no such queue.", problems=[problem])
    return tuple(dict.fromkeys(names)) or QUEUES
