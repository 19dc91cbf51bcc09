"""What forms share: fields that may be repeated, and the faults of an error at the fields they are about."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from gough.domain.errors import GoughError, Invalid, Misconfigured, Problem
from gough.persistence.models import Machine
from gough.web.message import Request
from gough.web.problem import Trouble, trouble_of

MOST_FIELDS = 1000
LONGEST_REASON = 1000  # characters
Repeated = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Complaint:
    """`faults` is {field: what is wrong there}; `others` are the problems that no field of the page has."""

    trouble: Trouble | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[Problem] = ()

    @property
    def status(self) -> int:
        return self.trouble.status if self.trouble else 200


def complaint(error: GoughError | None, fields: Mapping[str, str]) -> Complaint:
    """`fields` is {the first part of a pointer, or two: the field}. `/tags/0` is told at `/tags`, with its number."""
    if error is None:
        return Complaint()
    faults: dict[str, list[str]] = {}
    others = []
    for problem in error.problems:
        pointer = next((p for p in _prefixes(problem.pointer) if p in fields), None)
        if pointer is None:
            others.append(problem)
        else:
            faults.setdefault(fields[pointer], []).append(_said(problem, pointer))
    return Complaint(trouble_of(error), {name: "; ".join(said) for name, said in faults.items()}, others)


def repeated(request: Request) -> Repeated:
    """Every value of every field, of the form or else of the address; empty ones are left out. Raises Invalid."""
    text = request.body.decode("utf-8", "replace") if request.is_form else str(request.environ.get("QUERY_STRING", ""))
    try:
        return parse_qs(text, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Invalid("The form has too many fields.", hint="Choose fewer machines, or choose by a filter.") from None


@contextmanager
def typed_here() -> Iterator[None]:
    """An address or a key that cannot be one is a mistake in this form, not in Gough's settings."""
    try:
        yield
    except Misconfigured as error:
        raise Invalid(str(error), hint=error.hint) from error


def pause_reason(request: Request) -> str:
    """Why something is paused, as typed; may be empty. Raises Invalid."""
    reason = request.form.get("reason", "").strip()
    if len(reason) > LONGEST_REASON:
        problem = Problem("/reason", f"expected at most {LONGEST_REASON} characters")
        raise Invalid("Nothing was paused.", problems=[problem])
    return reason


def is_ticked(request: Request, name: str) -> bool:
    return request.form.get(name) == "yes"


def require_typed(request: Request, machine: Machine) -> None:
    """Raises Invalid unless the machine's name was typed."""
    if request.form.get("confirm", "").strip() != machine.hostname:
        hint = f"Go back and type {machine.hostname}, exactly."
        raise Invalid("The name you typed is not this machine's. Nothing was done.", hint=hint)


def _prefixes(pointer: str) -> list[str]:
    """The pointer itself, then what it is a part of."""
    parts = pointer.split("/")
    return ["/".join(parts[:end]) for end in range(len(parts), 1, -1)] or [pointer]


def _said(problem: Problem, pointer: str) -> str:
    """With the place inside the field: `2 subnet: is missing`, counted as people do."""
    inside = [part for part in problem.pointer.removeprefix(pointer).split("/") if part]
    place = " ".join(str(int(part) + 1) if part.isdecimal() else part.replace("_", " ") for part in inside)
    return (f"{place}: {problem.message}" if place else problem.message).removesuffix(".")
