"""What the page of a machine asks beside commissioning, testing and releasing, and how the forms are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gough.domain.machine_options import ERASES, parse_parameters
from gough.web.portal.plans import words_in


@dataclass(frozen=True, slots=True)
class Wish:
    """`choices` is {value: what it means}, the first one being what happens without a word."""

    name: str
    label: str
    help: str = ""
    form: str = "check"
    choices: tuple[tuple[str, str], ...] = ()


TESTS = (
    Wish("testing_scripts", "Tests", "Names or tags, like smartctl-long memory. Empty: MAAS's usual ones.", "words"),
    Wish("script_parameters", "Parameters of scripts", "name=value, with spaces between them: storage=sda.", "pairs"),
    Wish("enable_ssh", "Let people log in meanwhile", "With their SSH keys in MAAS; the machine stays on afterwards."),
)
WISHES: Mapping[str, tuple[Wish, ...]] = {
    "commission": (
        Wish("skip_tests", "Without hardware tests", "Commissioning only looks at the hardware then."),
        *TESTS,
        Wish("commissioning_scripts", "Commissioning scripts", "Of your own, by name or tag. Empty: all.", "words"),
        Wish("skip_bmc_config", "Leave the BMC alone", "MAAS makes itself no account there."),
        Wish("skip_networking", "Keep the network set-up", "Otherwise the interfaces are set up anew."),
        Wish("skip_storage", "Keep the disks' layout", "Otherwise it is planned anew."),
    ),
    "test": TESTS,
    "release": (
        Wish(
            "erase", "Disks", form="choice",
            choices=tuple((mode.value, f"{mode.value.capitalize()}. {meaning}") for mode, meaning in ERASES.items()),
        ),
    ),
}  # fmt: skip
"""{action: its options}"""

READERS: Mapping[str, Callable[[str], Any]] = {
    "check": lambda text: text == "yes",
    "words": lambda text: list(words_in(text)),
    "pairs": lambda text: parse_parameters(text.split()),
    "choice": lambda text: text == "yes" or text,  # the plain box of the form for many machines
}


def wished(action: str, form: Mapping[str, str]) -> dict[str, Any]:
    """As the action's options take it. Raises Invalid."""
    return {wish.name: READERS[wish.form](form[wish.name].strip()) for wish in WISHES[action] if form.get(wish.name)}
