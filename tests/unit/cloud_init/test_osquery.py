"""What the user-data leaves of osquery: flags, the unit and script that ask for Fleet's secret; never the secret."""

import subprocess
from dataclasses import replace

import pytest

from gough.cloud_init import installer, osquery
from gough.cloud_init.compile import compile_user_data
from gough.cloud_init.delivery import Osquery
from gough.cloud_init.mime import take_apart
from gough.domain.fleet_address import parse_address
from gough.domain.osquery_flags import osquery_flags

PEM = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"
FLAGS = osquery_flags(parse_address("https://proxy.example/fleet"), own_ca=True)


@pytest.fixture
def told(delivery):
    return replace(delivery, osquery=Osquery(FLAGS, PEM, {"osquery_5.17.0-1.linux_amd64.deb": "a" * 64}))


def test_it_is_set_up_and_asks_for_the_secret_itself(run, tmp_path, told):
    assert run(osquery.script(told, told.osquery), root=tmp_path).returncode == 0
    etc = tmp_path / "etc/osquery"
    assert (etc / "osquery.flags").read_text() == FLAGS and (etc / "fleet.pem").read_text() == PEM
    assert not (etc / "enroll_secret").exists()
    unit = (tmp_path / "etc/systemd/system/gough-osquery.service").read_text()
    assert "ExecStart=/bin/sh /etc/osquery/gough-enroll.sh" in unit and "Restart=on-failure" in unit

    agent = tmp_path / "usr/bin/gough-agent"
    agent.parent.mkdir(parents=True)
    agent.write_text('#!/bin/sh\n[ "$1" = fleet-secret ] && echo a-secret\n')
    agent.chmod(0o755)
    assert run((etc / "gough-enroll.sh").read_text(), root=tmp_path).returncode == 0
    assert (etc / "enroll_secret").read_text() == "a-secret\n"
    assert (etc / "enroll_secret").stat().st_mode & 0o777 == 0o600
    agent.write_text("#!/bin/sh\nexit 1\n")
    (etc / "enroll_secret").unlink()
    assert run((etc / "gough-enroll.sh").read_text(), root=tmp_path).returncode != 0
    assert not (etc / "enroll_secret").exists(), "an empty secret would be worse than none"


def test_the_script_is_shell(told, shellcheck):
    script = osquery.script(told, told.osquery)
    done = subprocess.run([shellcheck, "-s", "sh", "-"], input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_comes_after_the_agent_and_only_where_there_is_a_fleet(delivery, told):
    names = [part.filename for part in take_apart(compile_user_data({}, told))]
    assert names[-2:] == [installer.NAME, osquery.NAME]
    assert osquery.NAME not in [part.filename for part in take_apart(compile_user_data({}, delivery))]
