"""A template's `runcmd`, compiled into one shell script that stops at the first command that fails."""

import shlex

from gough.domain.errors import Invalid, Problem

NAME = "50-runcmd.sh"

# The items share one shell, as cloud-init's do: a `cd` or a variable lasts. Each goes through eval, so that an open
# quote or a last backslash in one cannot swallow the next. `set -e` does not see a failure on the left of && in an
# item's last line, hence the second look at the status.
HEAD = """\
#!/bin/sh
# Written by Gough from the template's runcmd. Stops at the first item that fails.
# shellcheck disable=SC2320  # what an echo answered is looked at like everything else
set -e
gough_item=0
gough_end() {
    gough_status=$?
    if [ "$gough_status" -ne 0 ]; then
        echo "gough: runcmd item $gough_item failed with exit status $gough_status" >&2
    fi
    exit "$gough_status"
}
trap gough_end EXIT
gough_check() {
    [ "$1" -eq 0 ] || exit "$1"
}
"""


def script(items: object) -> str:
    """The script. A list is one command with its arguments, a text is a line (or lines) of shell."""
    if not isinstance(items, (list, tuple)):
        raise Invalid("runcmd cannot be compiled.", problems=[Problem("/runcmd", "expected a list")])
    problems, lines = [], []
    for index, item in enumerate(items):
        try:
            lines.append(f'\ngough_item={index + 1}\n{_command(item)}\ngough_check "$?"\n')
        except ValueError as error:
            problems.append(Problem(f"/runcmd/{index}", str(error)))
    if problems:
        raise Invalid("runcmd cannot be compiled.", problems=problems)
    return HEAD + "".join(lines)


def _command(item: object) -> str:
    if item is None:
        return ":"
    if isinstance(item, str):
        return f"eval {shlex.quote(_word(item))}"
    if isinstance(item, (list, tuple)) and item:
        return " ".join(_quoted(_word(word)) for word in item)
    raise ValueError("expected a text, or a list of a command and its arguments")


def _quoted(word: str) -> str:
    """Always in quotes: a bare first word could be a keyword or an assignment."""
    return "'" + word.replace("'", "'\"'\"'") + "'"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int, float)):
        raise ValueError("expected a text, or a list of a command and its arguments")
    if "\0" in str(value):
        raise ValueError("expected text without NUL")
    return str(value)
