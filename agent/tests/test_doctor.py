"""What the doctor finds, and the metrics on loopback."""

import json
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gough_agent.collector import REGISTRY, Collector
from gough_agent.config import load
from gough_agent.doctor import examine, report
from gough_agent.errors import ConfigInvalid
from gough_agent.heartbeat import observe
from gough_agent.metrics import Metrics, text
from gough_agent.survey import Survey

Runner = Callable[..., Any]


def wrong(settings: dict[str, str]) -> dict[str, str]:
    return {finding.what: finding.fix for finding in examine(settings) if finding.fix}


def test_a_well_agent_has_nothing_wrong(gough: Any, run: Runner, settings: dict[str, str]) -> None:
    run(1)
    assert wrong(settings) == {}
    assert all(line.startswith("ok ") for line in report(examine(settings)).splitlines())


def test_what_is_wrong_is_said_with_what_to_do(
    gough: Any, run: Runner, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash() -> dict[str, Any]:
        raise OSError("on fire")

    monkeypatch.setitem(REGISTRY, "disk", Collector(crash))
    assert {"key", "enrolled", "last answer"} <= set(wrong(settings))
    run(1)
    gough.server.away = True
    run(1)
    Path(settings["STATE_DIRECTORY"], "agent.json").chmod(0o644)
    found = wrong(settings)
    assert set(found) == {"key", "last answer", "spool", "collectors"}
    assert found["key"].startswith("chmod 600 ")
    assert "wrong  collectors: disk: OSError: on fire\n       -> " in report(examine(settings))


def test_an_absent_server_and_wrong_settings_are_found(run: Runner, settings: dict[str, str]) -> None:
    assert "server" in wrong({**settings, "MANAGEMENT_SERVER_URL": "http://127.0.0.1:1"})
    (finding,) = examine({**settings, "MONITORING_INTERVAL": "never"})
    assert "MONITORING_INTERVAL" in finding.said


@pytest.mark.parametrize("address", ["0.0.0.0:9109", "10.0.0.1:9109", ":9109", "9109", "127.0.0.1:", "[::]:9109"])
def test_metrics_are_for_this_machine_alone(settings: dict[str, str], address: str) -> None:
    with pytest.raises(ConfigInvalid, match="GOUGH_METRICS_ADDRESS"):
        load({**settings, "GOUGH_METRICS_ADDRESS": address})


def test_metrics_tell_the_newest_heartbeat() -> None:
    metrics = Metrics("127.0.0.1", 0)
    metrics.publish(observe(Survey()))
    with socket.create_connection(metrics.address):  # who says nothing keeps nobody out for long
        pass
    said = urllib.request.urlopen(f"http://127.0.0.1:{metrics.address[1]}/metrics", timeout=20).read().decode()
    assert "\ngough_load_load_1m " in said
    assert '\ngough_disk_filesystems_total_bytes{mountpoint="/"' in said
    assert '\ngough_collector_failed{name="cpu"} 0\n' in said


def test_metrics_text_is_what_prometheus_reads() -> None:
    sample = {"ok": True, "nothing": None, "word": "no", "disks": [{"name": 'a"\\\n', "bytes": 12345678901}]}
    assert text(json.loads(json.dumps({"samples": {"x": sample}}))) == (
        "# TYPE gough_x_ok untyped\ngough_x_ok 1\n"
        '# TYPE gough_x_disks_bytes untyped\ngough_x_disks_bytes{name="a\\"\\\\\\n"} 12345678901\n'
    )
