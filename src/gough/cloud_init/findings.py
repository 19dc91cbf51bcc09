"""What a check has to say about a template, and where in its body."""

from dataclasses import dataclass
from enum import StrEnum

from gough.cloud_init.document import Mark
from gough.domain.errors import Problem


class Severity(StrEnum):
    ERROR = "error"  # the template cannot be deployed
    WARNING = "warning"  # it can, but somebody should look


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` and `column` count from 1, in the template's body."""

    severity: Severity
    line: int
    column: int
    message: str

    @property
    def problem(self) -> Problem:
        return Problem(f"line {self.line}, column {self.column}", self.message)


def error(mark: Mark, message: str) -> Finding:
    return Finding(Severity.ERROR, mark.line, mark.column, message)


def warning(mark: Mark, message: str) -> Finding:
    return Finding(Severity.WARNING, mark.line, mark.column, message)
