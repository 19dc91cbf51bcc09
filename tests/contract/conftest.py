"""The region each test runs against: `target` for any region, `lab` for what only the emulator can do."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.adapters.maas import MaasClient
from gough.lab.maas import Region, serve
from tests.support.require import need

from .harness import Lab, Switches, Target

LIVE_URL, LIVE_KEY = "GOUGH_LIVE_MAAS_URL", "GOUGH_LIVE_MAAS_KEY"
RECORDINGS = "GOUGH_MAAS_RECORDINGS"


@pytest.fixture
def lab() -> Iterator[Lab]:
    power = Switches()
    region = Region(power=power, pace=0)
    server = serve(region)
    target = Target(server.url, region.api_key)
    yield Lab(region, server, power, target, target.client())
    region.intercept = None
    target.clean_up()
    server.close()
    region.close()


@pytest.fixture(params=["emulator", pytest.param("live", marks=pytest.mark.live_maas)])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A region of either kind. Tests touch only machines they made themselves, and those are deleted again."""
    if request.param == "emulator":
        yield request.getfixturevalue("lab").target
        return
    url, key = os.environ.get(LIVE_URL), os.environ.get(LIVE_KEY)
    if not url or not key:
        _no_region(request.config)
        return
    live = Target(f"{url.rstrip('/')}/", key)
    yield live
    live.clean_up()


def _no_region(config: pytest.Config) -> None:
    """Whoever asked for a real region and for everything that is needed must not take a skip for a pass."""
    wanted = config.getoption("markexpr")
    if "live_maas" in wanted and "not live_maas" not in wanted:
        need(False, "A real MAAS region", f"set {LIVE_URL} and {LIVE_KEY}")
    pytest.skip(f"no real region: {LIVE_URL} and {LIVE_KEY} are not set")


@pytest.fixture
def maas(target: Target) -> MaasClient:
    return target.client()


@pytest.fixture(scope="session")
def recordings() -> Path:
    given = os.environ.get(RECORDINGS)
    if not given or not Path(given).is_dir():
        pytest.skip(f"no recorded answers: {RECORDINGS} names no folder")
    return Path(given)
