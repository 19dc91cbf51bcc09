"""Settings: where they come from, and what a wrong one says."""

import os
from pathlib import Path

import pytest

from gough_agent.config import load
from gough_agent.errors import ConfigInvalid
from gough_agent.main import main

GOOD = {"MANAGEMENT_SERVER_URL": "https://gough.example.org/", "SERVER_ID": "m1"}


def test_defaults() -> None:
    config = load(GOOD)
    assert config.server_url == "https://gough.example.org"
    assert config.interval_seconds == 60
    assert config.enable_osquery
    assert config.state_directory == Path("/var/lib/gough-agent")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "agent.env"
    file.write_text('# ours\n\nSERVER_ID="from file"\nexport MONITORING_INTERVAL=0.5\nENABLE_OSQUERY=false\n')
    config = load({"GOUGH_AGENT_ENV_FILE": str(file), **GOOD, "MONITORING_INTERVAL": "2"})
    assert (config.server_id, config.interval_seconds, config.enable_osquery) == ("m1", 2.0, False)
    assert load({"GOUGH_AGENT_ENV_FILE": str(file), **GOOD, "SERVER_ID": ""}).server_id == "from file"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost"])
def test_plain_http_to_loopback_is_fine(url: str) -> None:
    assert load({**GOOD, "MANAGEMENT_SERVER_URL": url}).server_url == url


@pytest.mark.parametrize("host", ["10.0.0.1", "gough.example.org", "localhost.evil.org", "127.0.0.1.evil.org", "[::2]"])
def test_plain_http_to_elsewhere_is_refused_unless_allowed(host: str) -> None:
    settings = {**GOOD, "MANAGEMENT_SERVER_URL": f"http://{host}"}
    with pytest.raises(ConfigInvalid, match="use https, or set GOUGH_ALLOW_HTTP=true"):
        load(settings)
    assert load({**settings, "GOUGH_ALLOW_HTTP": "true"}).server_url == f"http://{host}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MANAGEMENT_SERVER_URL", ""),
        ("MANAGEMENT_SERVER_URL", "gough.example.org"),
        ("MANAGEMENT_SERVER_URL", "https://user:secret@host"),
        ("MANAGEMENT_SERVER_URL", "https://host:port"),
        ("MANAGEMENT_SERVER_URL", "ftp://host"),
        ("SERVER_ID", ""),
        ("MONITORING_INTERVAL", "often"),
        ("MONITORING_INTERVAL", "0"),
        ("MONITORING_INTERVAL", "nan"),
        ("MONITORING_INTERVAL", "inf"),
        ("ENABLE_OSQUERY", "maybe"),
        ("GOUGH_CA_FILE", "/nowhere/ca.pem"),
        ("GOUGH_AGENT_ENV_FILE", "/nowhere/agent.env"),
        ("AGENT_API_KEY", "secret with spaces"),
        ("GOUGH_ENROLMENT_TOKEN", "secret\r\nX-Header: 1"),
    ],
)
def test_a_wrong_setting_is_named_and_its_secret_is_not(name: str, value: str) -> None:
    with pytest.raises(ConfigInvalid, match=name) as raised:
        load({**GOOD, name: value})
    assert "secret" not in str(raised.value)


def test_bad_configuration_exits_with_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [*os.environ]:
        if name in ("MANAGEMENT_SERVER_URL", "GOUGH_AGENT_ENV_FILE"):
            monkeypatch.delenv(name)
    assert main(["run"]) == 2
    assert "gough-agent: MANAGEMENT_SERVER_URL is not set: set it to" in capsys.readouterr().err
    assert main(["walk"]) == 2
