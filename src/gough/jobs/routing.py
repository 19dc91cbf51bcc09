"""Which of Celery's queues a job goes into, so that long work of one kind does not hold up the rest."""

from collections.abc import Mapping, Sequence

from gough.domain.errors import Invalid, Problem
from gough.domain.stages import JobKind

DEFAULT, ANSIBLE = "default", "ansible"
QUEUES = (DEFAULT, ANSIBLE)
QUEUE_OF: Mapping[JobKind, str] = {}
"""By kind; what is not named goes into `default`. Kinds that run playbooks belong into `ansible`."""


def queue_of(kind: JobKind) -> str:
    return QUEUE_OF.get(kind, DEFAULT)


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The queues that a worker serves: these, or all of them where none is named. Raises Invalid for an unknown one."""
    if unknown := [name for name in names if name not in QUEUES]:
        problem = Problem("--queue", f"expected one of {', '.join(QUEUES)}; {unknown[0]!r} is none")
        raise Invalid("There is no such queue.", problems=[problem])
    return tuple(dict.fromkeys(names)) or QUEUES
