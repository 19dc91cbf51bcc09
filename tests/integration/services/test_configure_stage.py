"""Stage configure: a real ansible-playbook over a real SSH server, which the user-data's script has opened to it."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gough.adapters.ansible.runner import AnsibleRunner
from gough.cloud_init import ansible as access
from gough.cloud_init.mime import take_apart
from gough.config import read_settings
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.jobs.executor import Executor
from gough.lab import ansible
from gough.persistence.database import Database
from gough.persistence.models import PlaybookRun, SshKey
from gough.ports import Play, Played, TaskResult
from gough.services import jobs, key_rotation, ssh_keys
from gough.services.secrets import Sealer
from gough.services.workflow import queues
from gough.services.workflow.claim import claim_due
from gough.services.workflow.queues import ANSIBLE, DEFAULT
from tests.support.clock import Clock
from tests.support.require import need
from tests.support.site import ENVIRONMENT, Crash, Credentials, Site

# What is decided here does not depend on the database; each run costs seconds.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Heard = Callable[[TaskResult], None]
Stop = Callable[[], bool]
PLAYBOOK = """---
- name: Configure
  hosts: "{{ gough_hosts }}"
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Greet
      ansible.builtin.shell: 'set -e; cd "$LAB_ROOT"; cat wanted; echo "$WORD" >greeting; env >environment'
      environment:
        WORD: "{{ gough_template_variables.greeting }} {{ gough_hostname }} {{ group_names | join(' ') }}"
    - name: Whisper
      ansible.builtin.command: /bin/echo hush-hush
      no_log: true
"""


class Configured:
    """A site whose Gough runs playbooks on one machine, which is a folder."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        self.lab = ansible.Site(folder / "ansible")
        self.root = folder / "machine/root"
        self.root.mkdir(parents=True)
        (folder / "ansible/playbooks/plain.yml").write_text(PLAYBOOK)
        environment = self.lab.settings() | {"GOUGH_DATA_DIR": str(folder / "data")}
        self.site = Site(database, clock, environment)
        runner = AnsibleRunner(folder / "ansible/collections", Path(environment["GOUGH_SSH_CONFIG"]))
        self.site.use = replace(self.site.use, configurator=runner)
        self.site.prepare(folder)
        ssh_keys.prepare(self.site.use)
        self.ssh = self.lab.server(folder / "machine")

    def booted(self) -> str:
        """The system id of a machine that is installed, has run Gough's script, and reports."""
        system_id, self.job = self.site.deploying()
        user_data = self.site.boots_installed(system_id)
        (script,) = (part.content for part in take_apart(user_data) if part.filename == access.NAME)
        environment = {"PATH": os.environ["PATH"], "GOUGH_ROOT": str(self.root)}
        subprocess.run(["sh", "-c", script], env=environment, check=True)
        for address in self.site.machine(system_id).ip_addresses:
            self.lab.lead(address, self.ssh.port)
        held = Credentials.of(user_data)
        self.site.first_boot(held)
        self.site.beats(self.site.enrols(held), 1)
        return system_id

    @property
    def stage(self) -> str:
        return self.site.steps(self.job)["configure"]

    def runs(self) -> list[str]:
        with self.site.database.read() as session:
            return [run.state for run in session.query(PlaybookRun).order_by(PlaybookRun.started_at, PlaybookRun.id)]

    def told(self, system_id: str) -> list[str]:
        return [f"{event.kind}: {event.message}" for event in self.site.timeline(system_id, "ansible")]


@pytest.fixture
def configured(database: Database, clock: Clock, tmp_path: Path) -> Iterator[Configured]:
    need(not ansible.missing(), ansible.missing() or "OpenSSH", "apt-get install openssh-server")
    made = Configured(database, clock, tmp_path)
    yield made
    made.ssh.stop()
    made.site.close()


def test_a_machine_is_in_service_when_its_playbook_has_converged(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "planted-in-the-environment")
    configured.ssh.start()
    (configured.root / "wanted").touch()
    system_id = configured.booted()
    configured.site.settle()
    assert configured.site.machine(system_id).service == ServiceState.IN_SERVICE
    assert configured.runs() == ["converged"]
    assert (
        configured.root / "greeting"
    ).read_text() == "hello web-1 pool_default region_lab template_plain zone_default\n"
    told = configured.told(system_id)
    assert told[0] == "play-started: playbook plain.yml started"
    assert told[-1] == "play-ended: playbook plain.yml: converged; 2 tasks ok, 2 changed"
    assert not any("hush-hush" in line for line in told), "a task with no_log is told without its words"
    assert "planted-in-the-environment" not in (configured.root / "environment").read_text()
    keys = [
        path for path in configured.root.parents[1].rglob("*") if path.is_file() and "OPENSSH PRIVATE" in _text(path)
    ]
    assert [path.name for path in keys] == ["host-key"], "Gough's private key is in no file"


def test_a_failing_task_fails_the_stage_with_its_words_and_a_retry_runs_it_again(configured: Configured) -> None:
    configured.ssh.start()
    system_id = configured.booted()
    configured.site.settle()
    assert configured.stage == "failed"
    diagnosis = configured.site.diagnosis(configured.job)
    assert diagnosis["cause"] == "playbook-fails"
    assert any(re.search("Greet: .*No such file", line) for line in diagnosis["evidence"]), diagnosis["evidence"]

    (configured.root / "wanted").touch()
    configured.site.clock.forward(seconds=1)
    jobs.retry(configured.site.use, configured.job, by="op")
    configured.site.settle()
    assert configured.site.machine(system_id).service == ServiceState.IN_SERVICE
    assert configured.runs() == ["failed", "converged"]


def test_an_unreachable_machine_is_tried_again_and_then_diagnosed(configured: Configured) -> None:
    (configured.root / "wanted").touch()
    configured.booted()
    configured.site.settle()
    assert (configured.stage, configured.runs()) == ("running", ["unreachable"])
    configured.site.clock.forward(minutes=31)
    configured.site.settle()
    diagnosis = configured.site.diagnosis(configured.job)
    assert (configured.stage, diagnosis["cause"]) == ("failed", "ssh-unreachable")
    assert any("Connection refused" in line for line in diagnosis["evidence"]), diagnosis["evidence"]


def test_another_host_key_than_at_first_is_not_talked_to(configured: Configured) -> None:
    configured.ssh.start()
    configured.booted()
    configured.site.settle()  # it fails, and Gough has seen the host key
    configured.ssh.stop()
    (configured.root.parents[1] / "machine.ssh/host-key").unlink()
    configured.ssh.start()
    configured.site.clock.forward(seconds=1)
    jobs.retry(configured.site.use, configured.job, by="op")
    configured.site.settle()
    assert configured.runs() == ["failed", "unreachable"]
    configured.site.clock.forward(minutes=31)
    configured.site.settle()
    assert configured.site.diagnosis(configured.job)["cause"] == "ssh-host-key-changed"


def test_a_run_ends_with_its_deadline_or_when_its_job_is_cancelled(configured: Configured) -> None:
    configured.ssh.start()
    os.mkfifo(configured.root / "wanted")  # whoever reads it waits for ever
    system_id = configured.booted()
    runner = configured.site.use.configurator

    class Impatient:
        """What somebody does while the playbook runs."""

        def play(self, play: Play, heard: Heard, stop: Stop) -> Played:
            assert runner is not None
            jobs.cancel(configured.site.use, configured.job, by="op")
            return runner.play(play, heard, stop)

    configured.site.use = replace(configured.site.use, configurator=Impatient())
    configured.site.settle()
    assert configured.runs() == ["stopped"]
    assert configured.site.job(configured.job).state == "cancelled"
    assert configured.site.machine(system_id).service == ServiceState.OUT


def test_a_run_that_dies_with_its_worker_is_begun_again(configured: Configured) -> None:
    configured.ssh.start()
    (configured.root / "wanted").touch()
    system_id = configured.booted()
    runner = configured.site.use.configurator

    class Dying:
        def play(self, play: Play, heard: Heard, stop: Stop) -> Played:
            raise Crash

    configured.site.use = replace(configured.site.use, configurator=Dying())
    with pytest.raises(Crash):
        configured.site.settle()
    configured.site.use = replace(configured.site.use, configurator=runner)
    configured.site.clock.forward(seconds=61)
    configured.site.settle()
    assert configured.runs() == ["lost", "converged"]
    assert configured.site.machine(system_id).service == ServiceState.IN_SERVICE


def test_only_workers_of_its_queue_begin_a_playbook(configured: Configured) -> None:
    configured.ssh.start()
    (configured.root / "wanted").touch()
    configured.booted()
    use, lease = configured.site.use, timedelta(seconds=60)
    executor = Executor(use, configured.site.bell)
    configured.site.poll()
    while executor._mover.move(queue=DEFAULT):
        configured.site.poll()
    assert (configured.stage, configured.runs()) == ("running", [])
    assert claim_due(use.database, owner="w", lease=lease, queue=DEFAULT) is None
    assert executor._mover.move(queue=ANSIBLE)
    assert configured.runs() == ["converged"]
    assert configured.site.job(configured.job).queue == DEFAULT


@pytest.mark.parametrize("ends", ["its deadline", "somebody"])
def test_a_job_that_no_worker_of_its_queue_takes_still_ends(configured: Configured, ends: str) -> None:
    system_id = configured.booted()
    use, site = configured.site.use, configured.site
    executor = Executor(use, site.bell)
    site.poll()
    while executor._mover.move(queue=DEFAULT):
        site.poll()
    queues.give_back(use)
    assert not executor._mover.move(queue=DEFAULT), "it has time yet"
    if ends == "somebody":
        jobs.cancel(use, configured.job, by="op")
    else:
        site.clock.forward(minutes=31)
    queues.give_back(use)
    assert executor._mover.move(queue=DEFAULT)
    if ends == "somebody":
        assert site.job(configured.job).state == "cancelled"
        return
    assert site.diagnosis(configured.job)["cause"] == "playbook-not-run"
    assert site.machine(system_id).service == ServiceState.ATTENTION


def test_where_ansible_was_switched_off_meanwhile_the_stage_says_so(configured: Configured) -> None:
    configured.booted()
    configured.site.use = replace(configured.site.use, configurator=None)
    configured.site.settle()
    assert configured.stage == "failed"
    assert any("switched off" in line for line in configured.site.diagnosis(configured.job)["evidence"])


def test_without_a_playbook_the_stage_is_waived_and_said_so(configured: Configured) -> None:
    (configured.root.parents[1] / "ansible/playbooks/plain.yml").unlink()
    system_id = configured.booted()
    configured.site.settle()
    machine = configured.site.machine(system_id)
    assert (machine.status, machine.service) == (MachineStatus.DEPLOYED, ServiceState.IN_SERVICE)
    assert "configure (not configured)" in machine.reason


def test_the_private_key_is_sealed_and_sealed_anew_with_another_secret(configured: Configured) -> None:
    use = configured.site.use
    with use.database.read() as session:
        before, private = session.get_one(SshKey, "ansible").private_sealed, ssh_keys.private_key(use, session)
    assert private.startswith("-----BEGIN OPENSSH PRIVATE KEY-----") and private not in before
    given = {"SECRET_KEY": "another secret of 32 characters!", "SECRET_KEY_PREVIOUS": ENVIRONMENT["SECRET_KEY"]}
    settings = read_settings(ENVIRONMENT | configured.lab.settings() | given)
    after = replace(use, settings=settings, sealer=Sealer(settings.key, settings.previous_key))
    assert key_rotation.rotate(after)["ssh_keys.private_sealed"] == 1
    with use.database.read() as session:
        assert ssh_keys.private_key(replace(use, sealer=Sealer(settings.key)), session) == private


def _text(path: Path) -> str:
    return path.read_text(errors="replace")
