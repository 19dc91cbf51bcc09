"""Whether a container's process is well, as its health check sees it."""

import socket
from pathlib import Path

from gough.healthcheck import STILL, complaint
from gough.jobs.pulse import pulse


def test_a_worker_is_well_while_it_goes_round(tmp_path: Path) -> None:
    file = tmp_path / "run" / "pulse"
    environment = {"GOUGH_PULSE_FILE": str(file)}
    assert "no round yet" in complaint(environment, 0.0)
    pulse(file)()
    now = file.stat().st_mtime
    assert complaint(environment, now + STILL) == ""
    assert f"{STILL + 1:.0f} s ago" in complaint(environment, now + STILL + 1)


def test_a_pulse_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    pulse(tmp_path / "file" / "pulse")()
    pulse(None)()


def test_a_server_that_does_not_answer_is_not_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert complaint({"GOUGH_PORT": str(port)}, 0.0).startswith(f"port {port}: ")
