"""Options that several commands share, each group declared once."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

Command = TypeVar("Command", bound=Callable[..., Any])


def takes(**makers: Callable[..., Any]) -> Callable[[Command], Command]:
    """The command's parameter of each name is made by that function, whose own options stand in its place."""

    def splice(command: Command) -> Command:
        shown: list[inspect.Parameter] = []
        for parameter in inspect.signature(command).parameters.values():
            maker = makers.get(parameter.name)
            shown += inspect.signature(maker).parameters.values() if maker else [parameter]

        @wraps(command)
        def run(**given: Any) -> Any:
            for name, maker in makers.items():
                given[name] = maker(**{option: given.pop(option) for option in inspect.signature(maker).parameters})
            return command(**given)

        shown = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in shown]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
        vars(run)["__signature__"] = inspect.Signature(shown)
        return cast(Command, run)

    return splice
