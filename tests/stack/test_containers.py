"""The container stack on a real Docker engine: built, started in its order, confined, reached over TLS, and machines in
service while one of two management servers and one of two workers are killed.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.stack import compose, debian
from tests.stack.bases import IN_PLACE_OF
from tests.stack.compose import Stack
from tests.support.require import need

MACHINES = 4
MIB = 1024 * 1024
LONG_RUNNING = ("postgres", "redis", "management-server", "worker", "beat", "nginx", "lab")
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ops@example"
pytestmark = [pytest.mark.stack, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    need(os.geteuid() == 0, "root", "run as root: secrets are given to the containers' users")
    with debian.engine(bridges=True) as ours:
        has = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
        need(has and shutil.which("docker"), "Docker Compose 2.24 or later", "`.ci/run compose`, or docker-compose")
        with compose.running(ours, tmp_path_factory.mktemp("stack"), MACHINES) as made:
            yield made


def test_each_is_confined_and_limited(stack: Stack) -> None:
    for service in LONG_RUNNING:
        for container in stack.containers(service):
            host, config = container["HostConfig"], container["Config"]
            assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["CapAdd"], service
            assert host["SecurityOpt"] == ["no-new-privileges:true"] and not host["Privileged"]
            assert host["Memory"] > 0 and host["NanoCpus"] > 0
            assert host["LogConfig"]["Config"].keys() == {"max-size", "max-file"}
            assert config["User"].replace(":", "").isdecimal() and not config["User"].startswith("0")
            assert not (service in ("postgres", "redis") and host["PortBindings"])
            secret = ("password", "secret_key", "api_key")
            assert not any(name in line.lower() and "/" not in line for line in config["Env"] or () for name in secret)


def test_the_order_of_the_start_was_kept(stack: Stack) -> None:
    history = stack.history()
    first = {event: history.index(event) for event in history}
    last_start = {name: len(history) - 1 - history[::-1].index((name, "start")) for name, _ in history}
    for before in ("postgres", "redis", "lab"):
        assert first[before, "health_status: healthy"] < first["migrate", "start"]
    for after in ("management-server", "worker", "beat"):
        assert first["migrate", "die"] < first[after, "start"]
    healthy = [index for index, event in enumerate(history) if event == ("management-server", "health_status: healthy")]
    assert len(healthy) == 2 and healthy[1] < last_start["nginx"]
    (migrate,) = stack.containers("migrate")
    assert migrate["State"]["ExitCode"] == 0
    living = [each for name in LONG_RUNNING for each in stack.containers(name)]
    assert {each["State"]["Health"]["Status"] for each in living} == {"healthy"}


def test_everything_is_reached_over_tls_at_one_address(stack: Stack) -> None:
    assert stack.protocol() == "h2"
    ready = stack.ask("/readyz")
    assert ready.status_code == 200 and set(ready.json()["components"].values()) == {"ok"}
    for name in ("strict-transport-security", "x-content-type-options", "referrer-policy"):
        assert len(ready.headers.get_list(name)) == 1
    assert stack.ask("/MAAS/api/2.0/version/").json()["version"].startswith("3.4")
    assert stack.ask("/fleet/healthz").status_code == 200
    assert stack.ask("/metrics").status_code == 404, "for those inside only"
    assert stack.ask("/setup").status_code == 200


def test_images_are_no_larger_than_they_need_to_be(stack: Stack) -> None:
    base = stack.size(IN_PLACE_OF["PYTHON_IMAGE"])
    assert stack.size("gough/management-server:dev") - base <= 250 * MIB
    assert stack.size("gough/agent:dev") - base <= 20 * MIB, "with Python's Alpine image of 50 MB: less than 80"


def test_machines_go_in_service_while_servers_and_workers_die(stack: Stack) -> None:
    assert len(stack.containers("management-server")) == len(stack.containers("worker")) == 2
    for name in stack.machines():
        stack.gough("machine", "commission", name)
    for name in stack.machines():
        stack.gough("machine", "deploy", name, "docker-host", "--var", f"ssh_keys={SSH_KEY}")
    stack.kill("worker")
    stack.kill("management-server")
    assert [*stack.machines().values()].count("in_service") < MACHINES, "there was something left to do"
    stack.until_all("in_service", MACHINES, 240)
    assert [c["State"]["Running"] for c in stack.containers("management-server")].count(True) == 1
    assert all(stack.ask("/readyz").status_code == 200 for _ in range(10)), "nginx asks the one that lives"
