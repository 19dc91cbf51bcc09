"""Collectors against a machine's files, laid out in a folder; what needs a daemon talks to a real socket."""

import http.server
import json
import os
import socketserver
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gough_agent.collectors import certificates, docker, osquery, processes, reboot, smart, systemd, time_sync, updates
from gough_agent.x509 import not_after


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOUGH_HOST_ROOT", str(tmp_path))
    return tmp_path


def put(machine: Path, name: str, text: str) -> Path:
    path = machine / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def certificate(expires: datetime) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(expires - timedelta(days=90)).not_valid_after(expires).sign(key, SHA256())


@pytest.mark.parametrize("year", [2027, 2049, 2050, 2099])
def test_the_end_of_a_certificate_is_read_as_others_read_it(year: int) -> None:
    expires = datetime(year, 3, 1, 12, 30, 45, tzinfo=timezone.utc)
    made = certificate(expires)
    for encoding in (Encoding.PEM, Encoding.DER):
        assert not_after(made.public_bytes(encoding)) == expires.timestamp()


@pytest.mark.parametrize(
    "content",
    [b"", b"-----BEGIN", b"\x30\x82", b"0" * 100, b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----"],
)
def test_what_is_no_certificate_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ValueError, match="certificate"):
        not_after(content)


def test_certificates_are_told_soonest_first(machine: Path) -> None:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    folder = machine / "etc/letsencrypt/live"
    for name, days in (("later", 60), ("expired", -2), ("soon", 5)):
        put(machine, f"etc/letsencrypt/live/{name}/cert.pem", "")
        made = certificate(now + timedelta(days=days)).public_bytes(Encoding.PEM)
        (folder / name / "cert.pem").write_bytes(made)
    put(machine, "etc/ssl/certs/local/broken.pem", "nothing")
    found = certificates.collect()
    told: Any = found["certificates"]
    assert [one["path"].split("/")[4] for one in told] == ["expired", "soon", "later"]
    assert [round(one["days_left"]) for one in told] == [-2, 5, 60]
    assert (found["count"], found["expired_count"]) == (3, 1)
    assert found["unreadable"] == ["/etc/ssl/certs/local/broken.pem"]


UBUNTU, DEBIAN = "update-notifier/updates-available", "prometheus/node-exporter/apt.prom"
MANY = "\n12 updates can be applied immediately.\n3 of these updates are standard security updates.\n"
ONE = "\n1 update can be applied immediately.\n1 of these updates is a standard security update.\n"
TABLE = """apt_upgrades_pending{arch="all",origin="Debian-Security:12/stable-security"} 3
apt_upgrades_pending{arch="amd64",origin="Debian:12.5/stable"} 4
"""


@pytest.mark.parametrize(
    ("name", "text", "pending", "security"),
    [
        (UBUNTU, MANY, 12, 3),
        (UBUNTU, ONE, 1, 1),
        (UBUNTU, "\n2 updates can be applied immediately.\nTo see them run: apt list --upgradable\n", 2, 0),
        (UBUNTU, "", 0, 0),
        (UBUNTU, "12 Aktualisierungen können sofort angewendet werden.\n", None, None),
        (DEBIAN, TABLE, 7, 3),
    ],
)
def test_updates_are_those_the_machine_has_counted(
    machine: Path, name: str, text: str, pending: int | None, security: int | None
) -> None:
    assert updates.collect() == {"pending": None, "security_pending": None, "counted_at": None}
    put(machine, f"var/lib/{name}", text)
    found = updates.collect()
    assert (found["pending"], found["security_pending"]) == (pending, security)
    assert (found["counted_at"] is None) is (pending is None)


def test_a_reboot_is_needed_for_a_file_or_for_a_newer_kernel(machine: Path) -> None:
    assert reboot.collect()["needed"] is False
    (machine / "vmlinuz").symlink_to("boot/vmlinuz-9.9.9-1-amd64")
    assert reboot.collect() | {"running_kernel": ""} == {
        "needed": True, "packages": [], "running_kernel": "", "installed_kernel": "9.9.9-1-amd64",
    }  # fmt: skip
    (machine / "vmlinuz").unlink()
    (machine / "vmlinuz").symlink_to(f"boot/vmlinuz-{os.uname().release}")
    assert reboot.collect()["needed"] is False
    put(machine, "run/reboot-required", "")
    put(machine, "run/reboot-required.pkgs", "libc6\nlinux-base\nlibc6\n")
    assert (reboot.collect()["needed"], reboot.collect()["packages"]) == (True, ["libc6", "linux-base"])


def put_process(machine: Path, pid: int, name: str, state: str, busy_ticks: int, pages: int) -> None:
    fields = f"{state} 1 1 1 0 -1 4194560 10 0 0 0 {busy_ticks} 50 0 0 20 0 7 0 900 1000000 {pages} 1 1"
    put(machine, f"proc/{pid}/stat", f"{pid} ({name}) {fields}")
    put(machine, f"proc/{pid}/cmdline", f"{name}\0--password=hunter2\0")


def test_processes_are_told_by_name_and_never_by_command_line(machine: Path) -> None:
    put(machine, "proc/stat", "")
    for pid, (name, state) in enumerate({"db": "S", "idle": "S", "(tricky) (name": "R", "gone": "Z"}.items(), start=10):
        put_process(machine, pid, name, state, busy_ticks=1000 * pid, pages=100 * (20 - pid))
    meter = processes.Meter()
    first: Any = meter.sample()
    assert (first["count"], first["threads"], first["running"], first["zombies"]) == (4, 28, 1, 1)
    assert [one["name"] for one in first["top_memory"]] == ["db", "idle", "(tricky) (name"]
    assert first["top_memory"][0]["memory_bytes"] == 1000 * processes.PAGE_BYTES
    put_process(machine, 11, "idle", "S", busy_ticks=11_000 + 500, pages=900)  # what it did since counts, not ever
    second: Any = meter.sample()
    assert second["top_cpu"][0]["name"] == "idle"
    assert [one["cpu_percent"] for one in second["top_cpu"][1:]] == [0.0, 0.0]
    assert "hunter2" not in json.dumps([first, second])


def test_a_process_that_ends_meanwhile_is_not_counted(machine: Path) -> None:
    put(machine, "proc/stat", "")
    put_process(machine, 10, "db", "S", 1, 1)
    (machine / "proc/11").mkdir()
    assert processes.Meter().sample()["count"] == 1


def test_this_machines_own_processes_are_read() -> None:
    found: Any = processes.Meter().sample()
    assert found["count"] >= found["running"] >= 1
    assert len(found["top_memory"]) == len(found["top_cpu"]) == 3


class Docker(http.server.BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, object]] = {
        "/info": {"ServerVersion": "26.1.5", "ContainersRunning": 3, "ContainersPaused": 0, "ContainersStopped": 2},
        "health": [{"Names": ["/web-1"], "Command": "--password=hunter2"}],
        "status": [],
    }

    def do_GET(self) -> None:
        key = next(key for key in self.answers if key in self.path)
        body = json.dumps(self.answers[key]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "docker"

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def docker_socket(machine: Path) -> Iterator[Path]:
    path = machine / "run/docker.sock"
    path.parent.mkdir()
    with socketserver.UnixStreamServer(str(path), Docker) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def test_docker_is_asked_over_its_socket(docker_socket: Path) -> None:
    assert docker.collect() == {
        "present": True, "readable": True, "version": "26.1.5", "running": 3, "paused": 0, "stopped": 2,
        "unhealthy": ["web-1"], "restarting": [],
    }  # fmt: skip


def test_a_machine_without_docker_has_none(machine: Path) -> None:
    assert docker.collect()["present"] is False


def test_osquery_is_found_by_its_files(machine: Path) -> None:
    assert osquery.collect() == {"installed": False, "version": None, "running": False, "enrolment_configured": False}
    put(machine, "opt/osquery/bin/osqueryd", "")
    put(machine, "var/lib/dpkg/info/osquery.list", "")
    status = "Package: bash\nVersion: 5.2\n\nPackage: osquery\nStatus: install ok installed\nVersion: 5.17.0-1\n"
    put(machine, "var/lib/dpkg/status", status)
    put(machine, "etc/osquery/osquery.flags", "--host_identifier=uuid\n--enroll_tls_endpoint=/api/osquery/enroll\n")
    put(machine, "run/osqueryd.pidfile", "77")
    put(machine, "proc/stat", "")
    put(machine, "proc/77/comm", "osqueryd\n")
    assert osquery.collect() == {
        "installed": True, "version": "5.17.0-1", "running": True, "enrolment_configured": True,
    }  # fmt: skip
    put(machine, "proc/77/comm", "bash\n")
    assert osquery.collect()["running"] is False


def test_smart_says_what_smartctl_said() -> None:
    said = {
        "smart_status": {"passed": True},
        "temperature": {"current": 34},
        "power_on_time": {"hours": 12345},
        "ata_smart_attributes": {"table": [{"id": 5, "raw": {"value": 8}}, {"id": 9, "raw": {"value": 12345}}]},
    }
    assert smart._told(said) == {
        "readable": True, "healthy": True, "temperature_celsius": 34, "power_on_hours": 12345,
        "reallocated_sectors": 8, "used_percent": None,
    }  # fmt: skip
    assert smart._told({"smartctl": {"exit_status": 2}})["readable"] is False


def test_nothing_is_guessed_from_within_a_container(machine: Path) -> None:
    assert systemd.collect() == {"readable": False, "failed_count": None, "failed_units": []}
    disks: Any = smart.collect()["disks"]
    assert not any(disk["readable"] for disk in disks)


def test_the_kernel_says_whether_its_clock_is_kept() -> None:
    found: Any = time_sync.collect()
    assert found["source"] == "kernel"
    assert isinstance(found["synchronised"], bool)
    assert found["maximum_error_seconds"] >= found["estimated_error_seconds"] >= 0
