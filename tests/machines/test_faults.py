"""What breaks in hardware, each told with its cause and with what the machine itself said: one machine a fault."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from gough.lab.operator import Standing
from tests.machines.site import Site, running

pytestmark = [pytest.mark.machines, pytest.mark.timeout(1500)]


@dataclass(frozen=True, slots=True)
class Expected:
    """`console`: what the evidence quotes of it; empty where the machine told its region itself."""

    fault: str
    stage: str
    cause: str
    evidence: str
    console: str = ""


EXPECTED = (
    Expected("power-fails", "install", "power-failed", "Connection timed out to the BMC"),
    Expected("image-damaged", "install", "image-damaged", "Decoding error .*Data corruption detected"),
    Expected("install-disk-full", "install", "install-disk-full", r"dd: .*No space left on device"),
    Expected("no-network-boot", "install", "no-network-boot", "no boot over the network",
             "Link:down|No bootable device"),
    Expected("install-stuck", "install", "install-stuck", "Installing OS", "install: extract"),
    Expected("no-disk-boot", "install", "not-booted-from-disk", "Rebooting",
             "[Nn]ot a bootable disk|No bootable device"),
)  # fmt: skip
# Long enough for what an installation does here, and no longer: half of these hang until then.
DEADLINES = {"install": "4m"}
COMMISSIONED, ENDS = 240, 420


def test_what_breaks_is_told_with_its_cause_and_the_machines_own_words(tmp_path: Path) -> None:
    faults = [f"{one.fault}:{number}" for number, one in enumerate(EXPECTED, start=1)]
    with running(tmp_path, len(EXPECTED), faults, DEADLINES) as site:
        for number in range(1, len(EXPECTED) + 1):  # one after another, for they share two processors
            site.switch_on(f"node-{number:02}")
            site.standing(f"node-{number:02}", COMMISSIONED, _is_deployed_to)
        ended = [site.ended(f"node-{number:02}", ENDS) for number in range(1, len(EXPECTED) + 1)]
        wrong = [said for one, standing in zip(EXPECTED, ended, strict=True) if (said := _mistake(one, standing, site))]
        assert not wrong, "\n".join(wrong)


def _is_deployed_to(standing: Standing) -> bool:
    return standing.job == "deployment"


def _mistake(expected: Expected, standing: Standing, site: Site) -> str:
    """What is not as the table says; empty when everything is."""
    said = standing.diagnosis or {"stage": "", "cause": "", "evidence": []}
    console = [line for line in said["evidence"] if " console last lines: " in line]
    right = (
        (said["stage"], said["cause"]) == (expected.stage, expected.cause)
        and any(re.search(expected.evidence, line) for line in said["evidence"])
        and (not expected.console or any(re.search(expected.console, line) for line in console))
    )
    return "" if right else f"{expected}: {said}\n{site.told(standing.hostname)}"
