"""The parameters of an action as the API takes them: flat, where the use cases keep a plan's options apart."""

from collections.abc import Mapping
from typing import Any


def of_action(verb: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if verb != "deploy":
        return dict(parameters)
    return {**{name: value for name, value in parameters.items() if name != "options"}, **parameters["options"]}
