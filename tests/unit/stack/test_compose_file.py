"""compose.yaml and the images' files, as they are written: what must hold of every service."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.stack_init import SECRETS

ROOT = Path(__file__).parents[3]
DEFAULTED = re.compile(r"\$\{\w+:-([^}]*)\}")
STACK: dict[str, Any] = yaml.safe_load(DEFAULTED.sub(r"\1", (ROOT / "compose.yaml").read_text()))
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
DOCKERFILES = sorted((ROOT / "containers").glob("*/Dockerfile"))
SCRIPTS = sorted((ROOT / "containers").glob("*/*.sh"))
CERTIFICATES = {"tls_certificate", "tls_key", "ca_certificate", "fleet_certificate", "fleet_key",
                "fleet_lab_certificate", "fleet_lab_key"}  # fmt: skip
EXEMPT = "maas-server"  # MAAS drives systemd through sudo and speaks DHCP: compose.yaml says why
ALONE = ("postgres", "mysql", "redis")


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined_limited_and_logs_in_bounds(name: str) -> None:
    service = SERVICES[name]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    if name not in ("migrate", "fleet-prepare"):  # one-shot
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    if name == EXEMPT:
        return
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+:\d+", service["user"]) and not service["user"].startswith("0")
    assert service.get("cap_add", []) == (["SYS_NICE"] if name == "mysql" else [])
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    image, tag = SERVICES[name]["image"].rsplit(":", 1)
    assert tag and tag != "latest"
    build = SERVICES[name].get("build")
    assert build is not None or not image.startswith("gough/")
    if build is not None:
        assert (ROOT / build["dockerfile"]).is_file()
        bases = [value for key, value in build["args"].items() if key.endswith("_IMAGE")]
        assert bases and all(re.search(r":[\w.-]*\d", base) for base in bases)
        own = re.findall(r"^ARG \w+_IMAGE=(\S+)$", (ROOT / build["dockerfile"]).read_text(), re.M)
        assert bases == own, "the same base with and without Compose"


def test_databases_are_reached_from_nowhere_else() -> None:
    assert STACK["networks"]["data"] == {"internal": True}
    for name in ALONE:
        assert "ports" not in SERVICES[name] and SERVICES[name]["networks"] == ["data"]


def test_no_password_is_written_anywhere() -> None:
    """They are files, and each of these files is made by stack-init."""
    assert set(STACK["secrets"]) == {secret.name for secret in SECRETS} | CERTIFICATES
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(STACK["secrets"])
    for name, service in SERVICES.items():
        environment: dict[str, str] = service.get("environment", {})
        for variable, value in environment.items():
            if re.search("PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL|REDIS_URL", variable):
                assert value == "" or str(value).startswith(("/run/secrets/", "/opt/gough/credentials/")), (
                    name, variable,
                )  # fmt: skip


def test_whoever_waits_for_a_system_that_may_not_be_chosen_does_not_need_it() -> None:
    for name, service in SERVICES.items():
        waits = service.get("depends_on", {})
        for other, how in waits.items():
            profiles = set(SERVICES[other].get("profiles", ()))
            always = not profiles or profiles == set(service.get("profiles", ()))
            assert always != (how.get("required") is False), (name, other)
            is_shot = SERVICES[other].get("restart") == "no"
            assert how["condition"] == ("service_completed_successfully" if is_shot else "service_healthy")


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.parent.name)
def test_images_run_as_a_numeric_user_and_say_what_they_are(file: Path) -> None:
    text = file.read_text()
    last = text.rsplit("\nFROM ", 1)[1]
    assert "org.opencontainers.image.title" in last and "HEALTHCHECK" in last
    if file.parent.name == EXEMPT:
        return
    assert re.search(r"^USER [1-9]\d*:\d+$", last, re.M)
    installs = re.search(r"\b(pip|npm|apk) ", last) or (file.parent.name != "ansible" and "apt-get" in last)
    assert not installs, "the final stage has what the builder made"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_scripts_are_sound(script: Path) -> None:
    subprocess.run(["sh", "-n", str(script)], check=True)
    if shutil.which("shellcheck"):
        found = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout
