"""The template library, rendered as for a real machine and compared with the golden files.

GOLDEN=update writes them anew; look at the difference before you commit it.
"""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gough.cloud_init import Delivery, MachineContext, Prepared, check, compile_user_data, discover, prepare, read
from gough.cloud_init.cases import failures, read_cases
from gough.cloud_init.mime import take_apart
from gough.domain.errors import Invalid

GOLDEN = Path(__file__).parent / "golden"
LIBRARY = Path(__file__).parents[3] / "cloud-init" / "templates"
SOURCES = {source.name: source for source in discover(LIBRARY)}
ACCEPTED = [
    pytest.param((source, case), id=f"{source.name}.{case.name}")
    for source in SOURCES.values()
    for case in read_cases(source.texts.tests)
    if not case.refused_at
]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43 + " {}@example.net"


@pytest.fixture(params=ACCEPTED)
def case(request):
    """A template of the library, and values that its tests give."""
    return request.param


@pytest.fixture
def prepared(case, machine, delivery):
    source, tried = case
    return prepare(source, tried.variables, machine, delivery)


def usual(name: str, machine: MachineContext, delivery: Delivery) -> Prepared:
    (values,) = (each.variables for each in read_cases(SOURCES[name].texts.tests) if each.name == "usual")
    return prepare(SOURCES[name], values, machine, delivery)


@pytest.mark.parametrize("name", SOURCES)
def test_a_template_of_the_library_has_tests_and_passes_them(name):
    cases = read_cases(SOURCES[name].texts.tests)
    assert {bool(case.refused_at) for case in cases} == {True, False}
    assert failures(SOURCES[name]) == ()


def test_the_library_has_what_is_promised():
    assert set(SOURCES) == {
        "base-server", "docker-host", "kvm-hypervisor", "kubernetes-node", "database-server", "web-server",
        "monitoring-host",
    }  # fmt: skip
    assert all(variable.description for source in SOURCES.values() for variable in source.variables)


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.mime")} == {param.id for param in ACCEPTED}


def test_the_user_data_is_the_golden_one(case, prepared):
    source, tried = case
    path = GOLDEN / f"{source.name}.{tried.name}.mime"
    if os.environ.get("GOLDEN") == "update":
        path.write_bytes(prepared.user_data)
    assert prepared.user_data == path.read_bytes()
    assert prepared.findings == ()


def test_cloud_init_accepts_the_config(cloud_init, prepared, tmp_path):
    part = tmp_path / "config.yaml"
    part.write_text(take_apart(prepared.user_data)[0].content)
    done = subprocess.run([cloud_init, "schema", "-c", str(part)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_scripts_are_shell(prepared, shellcheck):
    for part in take_apart(prepared.user_data)[1:]:
        done = subprocess.run(
            [shellcheck, "-s", "sh", "-"], input=part.content, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def written(prepared: Prepared, run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> Path:
    done = run(take_apart(prepared.user_data)[1].content, root=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path


def test_docker_gets_a_configuration_it_can_read(machine, delivery, run, tmp_path):
    prepared = usual("docker-host", machine, delivery)
    daemon = yaml.safe_load((written(prepared, run, tmp_path) / "etc/docker/daemon.json").read_text())
    assert daemon["log-opts"] == {"max-file": "3", "max-size": "10m"}
    assert daemon["registry-mirrors"] == ["https://mirror.example.net"]


def test_ssh_is_hardened_before_cloud_inits_own_settings(machine, delivery, run, tmp_path):
    prepared = usual("base-server", machine, delivery)
    etc = written(prepared, run, tmp_path) / "etc"
    assert "PasswordAuthentication no\n" in (etc / "ssh/sshd_config.d/10-gough.conf").read_text()
    assert 'Automatic-Reboot "true";' in (etc / "apt/apt.conf.d/60gough-unattended-upgrades").read_text()


def test_the_users_are_who_was_asked_for(machine, delivery):
    prepared = usual("base-server", machine, delivery)
    config = yaml.safe_load(take_apart(prepared.user_data)[0].content)
    assert config["users"][0] == "default"
    assert config["users"][1]["ssh_authorized_keys"] == [KEY.format("ada"), KEY.format("grace")]
    assert (config["hostname"], config["fqdn"]) == ("rack1-07", "rack1-07.example.net")


def test_a_template_with_errors_is_not_prepared(template, machine, delivery):
    with pytest.raises(Invalid) as caught:
        prepare(template("a: 1\npassword: hunter2\n"), {}, machine, delivery)
    assert [problem.pointer for problem in caught.value.problems] == ["line 2, column 11"]


def test_preparing_twice_gives_the_same_bytes(case, prepared, machine, delivery):
    source, tried = case
    assert prepare(read(LIBRARY / source.name), tried.variables, machine, delivery) == prepared
    other = prepare(source, tried.variables, replace(machine, hostname="other"), delivery)
    assert other.sha256 != prepared.sha256


def test_check_and_compile_agree_about_an_empty_template(template, delivery):
    assert check(template("{}\n"), {}) == ()
    assert compile_user_data({}, delivery)
