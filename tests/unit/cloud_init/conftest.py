"""Templates, a delivery and a machine to try them with; the two programs that judge what comes out."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gough.cloud_init import Delivery, MachineContext, TemplateSource, parse

LIBRARY = Path(__file__).parents[3] / "cloud-init" / "templates"


@pytest.fixture
def library() -> Path:
    return LIBRARY


@pytest.fixture(scope="session")
def delivery() -> Delivery:
    return Delivery(
        public_url="https://gough.example",
        report_token="report-token-of-this-deployment",
        enrolment_token="enrolment-token-of-this-machine",
        server_id="4y3h7n",
        agent_checksums={
            "gough-agent-linux-x86_64.tar.gz": "a" * 64,
            "gough-agent-linux-aarch64.tar.gz": "b" * 64,
            "gough-agent_0.1.0_amd64.deb": "c" * 64,
            "gough-agent_0.1.0_arm64.deb": "d" * 64,
        },
    )


@pytest.fixture(scope="session")
def machine() -> MachineContext:
    return MachineContext("rack1-07", "rack1-07.example.net", "4y3h7n", "amd64", "rack1", "web", ("ssd", "gpu"))


@pytest.fixture(scope="session")
def template() -> Callable[..., TemplateSource]:
    """A template from its body and the YAML of its variables."""

    def make(body: str, variables: str = "[]") -> TemplateSource:
        return parse(f"name: example\nvariables: {variables}\n", body)

    return make


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script with dash where there is one (Ubuntu's sh), and with sh otherwise."""
    shell = shutil.which("dash") or "sh"

    def run(script: str, *, root: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **env, **({"GOUGH_ROOT": str(root)} if root else {})}
        return subprocess.run(
            [shell, "-s"], input=script, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    message = f"{name} is not installed (package {package})"
    if os.environ.get("REQUIRE") == "all":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def cloud_init() -> str:
    return _program("cloud-init", "cloud-init")


@pytest.fixture(scope="session")
def shellcheck() -> str:
    return _program("shellcheck", "shellcheck")
