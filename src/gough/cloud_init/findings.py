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
    """`line` and `column` count from 1; `file` is empty for the template's own user-data.yaml."""

    severity: Severity
    line: int
    column: int
    message: str
    file: str = ""

    @property
    def mark(self) -> Mark:
        return Mark(self.line, self.column, self.file)

    @property
    def problem(self) -> Problem:
        return Problem(str(self.mark), self.message)


def error(mark: Mark, message: str) -> Finding:
    return Finding(Severity.ERROR, mark.line, mark.column, message, mark.file)


def warning(mark: Mark, message: str) -> Finding:
    return Finding(Severity.WARNING, mark.line, mark.column, message, mark.file)
