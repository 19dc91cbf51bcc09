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

from gough.cloud_init import Prepared, check, compile_user_data, prepare, read
from gough.cloud_init.mime import take_apart
from gough.domain.errors import Invalid

GOLDEN = Path(__file__).parent / "golden"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43 + " {}@example.net"
GIVEN: dict[str, dict[str, object]] = {
    "base-server": {
        "ssh_keys": [KEY.format("ada"), KEY.format("grace")],
        "timezone": "Europe/Berlin",
        "packages": "htop\nvim\n",
        "reboot_after_updates": "true",
        "keep_ubuntu_user": True,
    },
    "docker-host": {
        "ssh_keys": [KEY.format("ada")],
        "admin_user": "ops",
        "log_max_size": "10m",
        "log_max_files": "3",
        "registry_mirrors": ["https://mirror.example.net"],
    },
}


@pytest.fixture(params=sorted(GIVEN))
def name(request):
    return request.param


@pytest.fixture
def prepared(name, library, machine, delivery):
    return prepare(read(library / name), GIVEN[name], machine, delivery)


def test_the_library_and_these_tests_know_the_same_templates(library):
    assert sorted(path.parent.name for path in library.glob("*/template.yaml")) == sorted(GIVEN)


def test_the_user_data_is_the_golden_one(name, prepared):
    path = GOLDEN / f"{name}.mime"
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


def test_docker_gets_a_configuration_it_can_read(library, machine, delivery, run, tmp_path):
    prepared = prepare(read(library / "docker-host"), GIVEN["docker-host"], machine, delivery)
    daemon = yaml.safe_load((written(prepared, run, tmp_path) / "etc/docker/daemon.json").read_text())
    assert daemon["log-opts"] == {"max-file": "3", "max-size": "10m"}
    assert daemon["registry-mirrors"] == ["https://mirror.example.net"]


def test_ssh_is_hardened_before_cloud_inits_own_settings(library, machine, delivery, run, tmp_path):
    prepared = prepare(read(library / "base-server"), GIVEN["base-server"], machine, delivery)
    etc = written(prepared, run, tmp_path) / "etc"
    assert "PasswordAuthentication no\n" in (etc / "ssh/sshd_config.d/10-gough.conf").read_text()
    assert 'Automatic-Reboot "true";' in (etc / "apt/apt.conf.d/60gough-unattended-upgrades").read_text()


def test_the_users_are_who_was_asked_for(library, machine, delivery):
    prepared = prepare(read(library / "base-server"), GIVEN["base-server"], machine, delivery)
    config = yaml.safe_load(take_apart(prepared.user_data)[0].content)
    assert config["users"][0] == "default"
    assert config["users"][1]["ssh_authorized_keys"] == GIVEN["base-server"]["ssh_keys"]
    assert (config["hostname"], config["fqdn"]) == ("rack1-07", "rack1-07.example.net")


@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({}, ["/variables/ssh_keys"]),
        ({"ssh_keys": []}, ["/variables/ssh_keys"]),
        ({"ssh_keys": [KEY], "timezone": "x; reboot", "colour": "red"}, ["/variables/colour", "/variables/timezone"]),
    ],
)
def test_values_that_do_not_fit_are_refused_before_anything(library, machine, delivery, given, pointers):
    with pytest.raises(Invalid) as caught:
        prepare(read(library / "base-server"), given, machine, delivery)
    assert [problem.pointer for problem in caught.value.problems] == pointers


def test_a_template_with_errors_is_not_prepared(template, machine, delivery):
    with pytest.raises(Invalid) as caught:
        prepare(template("a: 1\npassword: hunter2\n"), {}, machine, delivery)
    assert [problem.pointer for problem in caught.value.problems] == ["line 2, column 11"]


def test_preparing_twice_gives_the_same_bytes(name, prepared, library, machine, delivery):
    again = prepare(read(library / name), GIVEN[name], machine, delivery)
    assert again == prepared
    other = prepare(read(library / name), GIVEN[name], replace(machine, hostname="other"), delivery)
    assert other.sha256 != prepared.sha256


def test_check_and_compile_agree_about_an_empty_template(template, delivery):
    assert check(template("{}\n"), {}) == ()
    assert compile_user_data({}, delivery)
