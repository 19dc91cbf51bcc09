"""A client that a public generator makes of the API's description works."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from gough.bootstrap import Application
from gough.domain.permissions import Permission, Role
from gough.persistence.models import Machine
from gough.services import api_keys
from gough.web.guard import Guard
from tests.integration.web.conftest import BASE, SSH_KEY
from tests.support.people import account
from tests.support.require import need

PACKAGE = "generated_gough"
GENERATOR = Path(sys.prefix) / "generator" / "bin" / "openapi-python-client"
# A file of text to send: it makes no types of that, and leaves the operation out.
WARNED = {"POST /api/v1/machines/locations"}


@pytest.fixture
def warnings(guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """What the generator stumbled over. The client it made can be imported."""
    need(GENERATOR.is_file(), "openapi-python-client", "make dev")
    with httpx.Client(transport=httpx.WSGITransport(guard), base_url=BASE) as outsider:
        (tmp_path / "openapi.json").write_bytes(outsider.get("/openapi.json").content)
    words = ("generate", "--path", "openapi.json", "--output-path", PACKAGE, "--meta", "none")
    said = subprocess.run(
        [GENERATOR, *words],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=True,
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    lines = (said.stdout + said.stderr).splitlines()
    yield {line.partition("parsing ")[2].partition(" within")[0] for line in lines if "WARNING parsing" in line} | {
        line for line in lines if line.startswith("Unable")
    }
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def operation(tag: str, name: str) -> Any:
    return import_module(f"{PACKAGE}.api.{tag}.{name}")


def test_a_generated_client_lists_deploys_and_follows(
    warnings: set[str], application: Application, guard: Guard, node: Machine
) -> None:
    assert warnings == WARNED
    models, made = import_module(f"{PACKAGE}.models"), import_module(f"{PACKAGE}.client")
    scopes = frozenset({Permission.VIEW, Permission.DEPLOY})
    owner = account(application.use, "ada", Role.OPERATOR)
    _, key = api_keys.create(application.use, owner.id, api_keys.Wish("generated", scopes, (), None))
    client = made.AuthenticatedClient(base_url=BASE, token=key)
    with httpx.Client(
        transport=httpx.WSGITransport(guard), base_url=BASE, headers={"Authorization": f"Bearer {key}"}
    ) as http:
        client.set_httpx_client(http)
        listed = operation("machines", "machines_listed").sync(client=client)
        assert [each.hostname for each in listed.items] == ["node-01"] and listed.next_cursor is None

        wish = models.DeployOne.from_dict({"template": "docker-host", "variables": {"ssh_keys": [SSH_KEY]}})
        deploy = operation("machines", "machines_deploy")
        job = deploy.sync(name="node-01", client=client, body=wish, idempotency_key="once")
        assert isinstance(job, models.Job) and (job.hostname, job.kind) == ("node-01", "deployment")
        again = deploy.sync(name="node-01", client=client, body=wish, idempotency_key="once")
        assert again.id == job.id
        busy = deploy.sync(name="node-01", client=client, body=wish)
        assert isinstance(busy, models.Problem) and (busy.status, busy.code) == (409, "CONFLICT")

        found = operation("jobs", "jobs_one").sync(job_id=job.id, client=client)
        assert isinstance(found, models.JobWithLog) and [step.name for step in found.steps][:2] == [
            "validate",
            "submit",
        ]
