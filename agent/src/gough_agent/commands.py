"""What a server may ask for in its answer to a heartbeat: what one table names, each once. Nothing else is done."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from gough_agent.collector import Json
from gough_agent.errors import CommandFailed, Refused, Unreachable
from gough_agent.log import Log

Handler: TypeAlias = Callable[[Mapping[str, Any]], str]
MAX_AT_ONCE, MAX_REMEMBERED = 10, 50


class Commands:
    """A handler says what it did, or raises CommandFailed. One that couldn't reach the server is asked again:
    the server repeats a command until it has heard how that ended."""

    def __init__(self, handlers: Mapping[str, Handler], log: Log) -> None:
        self._handlers, self._log = handlers, log
        self._ended: dict[str, Json] = {}
        self._results: list[Json] = []

    def carry_out(self, answer: Mapping[str, Any]) -> None:
        asked = answer.get("commands")
        for command in asked[:MAX_AT_ONCE] if isinstance(asked, list) else ():
            number = command.get("id") if isinstance(command, dict) else None
            if isinstance(number, str) and number in self._ended:
                self._results.append(self._ended[number])  # the heartbeat that told it got lost
            elif isinstance(number, str):
                self._one(number, str(command.get("command")), command)

    def take_results(self) -> list[Json]:
        """Each is told in one heartbeat."""
        results, self._results = self._results, []
        return results

    def _one(self, number: str, name: str, command: Mapping[str, Any]) -> None:
        handler = self._handlers.get(name)
        try:
            outcome, said = ("done", handler(command)) if handler else ("unknown", "this agent knows no such command")
        except CommandFailed as failure:
            outcome, said = "failed", str(failure)
        except OSError as error:
            outcome, said = "failed", f"{type(error).__name__}: {error.strerror}"
        except (Unreachable, Refused) as problem:
            self._log(f"command {name}: {problem}; will be tried when it is asked for again")
            return
        result: Json = {"id": number, "command": name[:50], "outcome": outcome, "said": self._log.clean(said)}
        self._log(f"command {name[:50]}: {outcome}: {said}")
        self._results.append(result)
        self._ended[number] = result
        if len(self._ended) > MAX_REMEMBERED:
            del self._ended[next(iter(self._ended))]
