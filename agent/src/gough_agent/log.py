"""One line each on standard error; journald adds the time. Secrets never get through."""

import sys
from collections.abc import Callable

MAX_LINE = 1000
MAX_REMEMBERED = 50


class Log:
    """Call it with a sentence. Text from the server is cleaned like any other: a line stays one line."""

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self._write = write or _to_stderr
        self._secrets: list[str] = []
        self._said: set[str] = set()

    def hide(self, secret: str | None) -> None:
        if secret:
            self._secrets.append(secret)

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[hidden]")
        return "".join(character if character.isprintable() else " " for character in text)[:MAX_LINE]

    def __call__(self, text: str) -> None:
        self._write(f"gough-agent: {self.clean(text)}\n")

    def once(self, text: str) -> None:
        """Say it unless it was said since the last `forget`, so that a long outage is a few lines."""
        if text not in self._said:
            if len(self._said) >= MAX_REMEMBERED:  # a server that puts a request id into every refusal
                self._said.clear()
            self._said.add(text)
            self(text)

    def forget(self) -> bool:
        """Start afresh; True when something had been said."""
        had_said = bool(self._said)
        self._said.clear()
        return had_said


def _to_stderr(line: str) -> None:
    sys.stderr.write(line)
    sys.stderr.flush()
