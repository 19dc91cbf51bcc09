"""The stand-in for MAAS and Fleet as a process: what it begins with, and that both answer."""

import stat
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from gough.domain.errors import Invalid
from gough.lab import stand_in


@pytest.mark.parametrize(
    ("name", "value"), [("GOUGH_LAB_MACHINES", "many"), ("GOUGH_LAB_MACHINES", "100000"), ("GOUGH_LAB_SPEED", "-1")]
)
def test_what_is_no_number_is_named(name: str, value: str) -> None:
    with pytest.raises(Invalid, match=name):
        stand_in.options({name: value})


def test_both_answer_and_the_key_is_handed_over(tmp_path: Path) -> None:
    environment = {
        "GOUGH_LAB_MACHINES": "1", "GOUGH_LAB_SPEED": "600", "GOUGH_LAB_MAAS_PORT": "0", "GOUGH_LAB_FLEET_PORT": "0",
        "GOUGH_LAB_FOLDER": str(tmp_path / "lab"), "GOUGH_LAB_CREDENTIALS": str(tmp_path / "credentials"),
        "GOUGH_LAB_FLEET_PREFIX": "/fleet",
    }  # fmt: skip
    with ExitStack() as exits:
        maas, fleet = stand_in.start(stand_in.options(environment), exits)
        assert b"3.4" in urllib.request.urlopen(f"{maas.rstrip('/')}/api/2.0/version/").read()
        assert urllib.request.urlopen(f"{fleet}/healthz").status == 200
        key = tmp_path / "credentials" / "maas-api-key"
        assert key.read_text().count(":") == 2 and stat.S_IMODE(key.stat().st_mode) == 0o600
