"""What can be wished of commissioning, testing and releasing, by MAAS's names.

MAAS 3.4 `maasserver/forms/ephemeral.py`; op-commission, op-test and op-release of API 2.0.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from gough.domain.errors import Invalid, Problem

NONE = "none"  # as the only script of a kind: run none of those that may be left out
_SCRIPT = re.compile(r"[\w.-]{1,255}")
_SECRET = re.compile(r"password|key$", re.IGNORECASE)


class Erase(StrEnum):
    """What a release does to the disks."""

    NONE = "none"
    QUICK = "quick"
    SECURE = "secure"
    FULL = "full"


# MAAS 3.4 `metadataserver/user_data/templates/snippets/maas_wipe.py`.
ERASES: Mapping[Erase, str] = {
    Erase.NONE: "The disks stay as they are, unless the region's own settings erase on every release.",
    Erase.QUICK: "The first and last 2 MiB of each disk are overwritten: minutes. The data can be recovered.",
    Erase.SECURE: "Each disk erases itself: minutes on an SSD, hours on others. One that cannot is overwritten whole.",
    Erase.FULL: "Each disk is overwritten whole, one after the other: about 2 h for each TB of spinning disk.",
}


@dataclass(frozen=True, slots=True)
class _Options:
    def __bool__(self) -> bool:
        return self != type(self)()

    def as_json(self) -> dict[str, Any]:
        """Only what is wished."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items() if value
        }

    @classmethod
    def from_json(cls, wished: Mapping[str, Any]) -> Self:
        """What `as_json` wrote; what else is there is not looked at."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: _frozen(value) for name, value in wished.items() if name in known})


@dataclass(frozen=True, slots=True)
class ScriptOptions(_Options):
    """Which tests run, and how: by name or tag; without `testing_scripts`, those tagged `commissioning`.

    `script_parameters`: {`url`, or `internet-connectivity_url` for one script only: its value}.
    `enable_ssh`: people may log in with their keys, and the machine stays on afterwards.
    """

    enable_ssh: bool = False
    testing_scripts: tuple[str, ...] = ()
    script_parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommissionOptions(ScriptOptions):
    """No `commissioning_scripts`: all. MAAS's own always run. `skip_tests` is `testing_scripts` none, in short.

    What is skipped stays in MAAS as it was before: the BMC's account, the interfaces, the disks' layout.
    """

    commissioning_scripts: tuple[str, ...] = ()
    skip_tests: bool = False
    skip_bmc_config: bool = False
    skip_networking: bool = False
    skip_storage: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseOptions(_Options):
    erase: Erase = Erase.NONE

    def as_json(self) -> dict[str, Any]:
        return {"erase": self.erase.value} if self.erases else {}

    @classmethod
    def from_json(cls, wished: Mapping[str, Any]) -> Self:
        """Raises Invalid for a mode that there is not."""
        return cls(parse_erase(wished.get("erase", False)))

    @property
    def erases(self) -> bool:
        return self.erase is not Erase.NONE


TEST_AS_USUAL, COMMISSION_AS_USUAL, RELEASE_AS_USUAL = ScriptOptions(), CommissionOptions(), ReleaseOptions()
WITHOUT_TESTS = CommissionOptions(skip_tests=True)


def parse_erase(wished: bool | str) -> Erase:
    """A mode by its name; yes alone means all of every disk. Raises Invalid."""
    if isinstance(wished, bool):
        return Erase.FULL if wished else Erase.NONE
    if wished not in set(Erase):
        problem = Problem("/erase", f"expected one of {', '.join(Erase)}")
        raise Invalid("The disks cannot be erased like this.", problems=[problem])
    return Erase(wished)


def check_scripts(options: ScriptOptions) -> None:
    """Raises Invalid with everything that is wrong whatever the region; which scripts there are, it knows."""
    problems = [Problem(f"/{pointer}", said) for pointer, said in _faults(options)]
    if problems:
        raise Invalid("This cannot be asked of a machine.", problems=problems)


def _faults(options: ScriptOptions) -> Iterator[tuple[str, str]]:
    commissions = isinstance(options, CommissionOptions)
    lists = {"testing_scripts": options.testing_scripts}
    if isinstance(options, CommissionOptions):
        lists["commissioning_scripts"] = options.commissioning_scripts
        if options.skip_tests and options.testing_scripts:
            yield "testing_scripts", "there is no test to choose where all are skipped"
    for name, scripts in lists.items():
        yield from _script_faults(name, scripts, may_be_none=commissions)
    known = {f.name for f in fields(CommissionOptions)} | {"op", "comment"}
    for name in options.script_parameters:
        if name in known or not _SCRIPT.fullmatch(name):
            yield f"script_parameters/{name}", "is no parameter of a script"
        elif _SECRET.search(name):
            yield f"script_parameters/{name}", "a secret would be readable in the job; set it in MAAS"


def _script_faults(name: str, scripts: tuple[str, ...], *, may_be_none: bool) -> Iterator[tuple[str, str]]:
    for index, script in enumerate(scripts):
        if not _SCRIPT.fullmatch(script):
            yield f"{name}/{index}", "letters, digits, dots, hyphens and underscores only"
    if NONE in scripts and not may_be_none:
        yield name, f"'{NONE}' leaves nothing to test"
    elif NONE in scripts and len(scripts) > 1:
        yield name, f"'{NONE}' goes alone"


def parse_parameters(given: list[str]) -> dict[str, str]:
    """`storage=sda`, `internet-connectivity_url=https://example.com`. Raises Invalid."""
    pairs = [item.partition("=") for item in given]
    if wrong := [item for item, (name, equals, _) in zip(given, pairs, strict=True) if not (name and equals)]:
        raise Invalid(f"'{wrong[0]}' is not name=value.", hint="Write it like storage=sda.")
    return {name: value for name, _, value in pairs}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
