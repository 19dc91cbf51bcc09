"""The server each test runs against: `target` for any, `lab` for what only the emulator can do."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gough.adapters.fleet import FleetClient
from gough.lab.fleet import Fleet, serve
from tests.support.clock import Clock

from .harness import Lab, Target

LIVE_URL, LIVE_TOKEN = "GOUGH_LIVE_FLEET_URL", "GOUGH_LIVE_FLEET_TOKEN"
SCHEMAS = "GOUGH_FLEET_SCHEMAS"
SECRET = "a-secret-for-enrolling-hosts-0123"


@contextmanager
def running(folder: Path, *, prefix: str = "", version: str = "4.86.2") -> Iterator[Lab]:
    clock = Clock()
    fleet = Fleet(prefix=prefix, version=version, clock=clock.seconds, live_seconds=5)
    token = fleet.set_up()
    fleet.add_secret(SECRET)
    server = serve(fleet)
    target = Target(server.url, token, folder)
    yield Lab(fleet, server, clock, target, target.client())
    target.clean_up()
    server.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with running(tmp_path) as made:
        yield made


@pytest.fixture
def old_lab(tmp_path: Path) -> Iterator[Lab]:
    """A server from before 4.82, when reports were queries."""
    with running(tmp_path, version="4.60.1") as made:
        yield made


@pytest.fixture(params=["emulator", "below a prefix", pytest.param("live", marks=pytest.mark.live_fleet)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A server of each kind. Tests touch only what they made themselves, and that is deleted again.

    Behind a proxy Fleet stands below a URL prefix, and osquery's endpoints with it.
    """
    if request.param != "live":
        with running(tmp_path, prefix="" if request.param == "emulator" else "/fleet") as made:
            yield made.target
        return
    url, token = os.environ.get(LIVE_URL), os.environ.get(LIVE_TOKEN)
    if not url or not token:
        pytest.skip(f"no real Fleet: {LIVE_URL} and {LIVE_TOKEN} are not set")
    live = Target(url.rstrip("/"), token, tmp_path)
    yield live
    live.clean_up()


@pytest.fixture
def fleet(target: Target) -> FleetClient:
    return target.client()


@pytest.fixture(scope="session")
def schemas() -> dict[str, Any]:
    """{path below the API: schema of its answer}, as somebody inferred them from a real server."""
    given = os.environ.get(SCHEMAS)
    if not given or not Path(given).is_file():
        pytest.skip(f"no schemas of Fleet's answers: {SCHEMAS} names no file")
    document = json.loads(Path(given).read_text("utf-8"))
    found = {}
    for path, operations in document["paths"].items():
        schema = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        found[path.removeprefix("/api/v1/fleet/")] = schema | {"components": document["components"]}
    return found


@pytest.fixture
def lab_free(target: Target) -> Target:
    """A server without Premium, which the emulator always is."""
    if target.client().configuration().license.tier != "free":
        pytest.skip("this server has Fleet Premium")
    return target
