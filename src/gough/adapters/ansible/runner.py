"""One playbook on one machine. Nothing of a run stays behind but the machine's SSH host keys.

The processes get an environment of their own: Gough's has its secrets in it.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gough.adapters.ansible import ssh_agent
from gough.adapters.ansible.events import Course
from gough.domain.errors import Unavailable
from gough.ports import Play, Played, TaskResult

CONNECT_SECONDS = 10
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
# Runs of what was already killed may be read nowhere; ansible-runner's own artefacts are in the folder that goes.
SETTINGS = {"pexpect_use_poll": True, "suppress_ansible_output": True, "suppress_output_file": True}


class AnsibleRunner:
    """`collections` is the folder with Gough's collection, `ssh_config` a site's own OpenSSH configuration."""

    def __init__(self, collections: Path, ssh_config: Path | None = None) -> None:
        self._collections, self._ssh_config = collections, ssh_config

    def play(self, play: Play, heard: Callable[[TaskResult], None], stop: Callable[[], bool]) -> Played:
        """Raises Unavailable where Ansible or OpenSSH is missing."""
        command = _command()
        with tempfile.TemporaryDirectory(prefix="gough-play-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            with ssh_agent.holding(play.private_key, folder) as socket:
                return self._run(play, folder, self._environment(play, folder, socket), command, heard, stop)

    def _run(
        self, play: Play, folder: Path, environment: Mapping[str, str], command: str,
        heard: Callable[[TaskResult], None], stop: Callable[[], bool],
    ) -> Played:  # fmt: skip
        from ansible_runner.interface import init_runner  # noqa: PLC0415  (0.3 s, for whoever runs playbooks)

        course, asked = Course(heard), _Asked(stop)
        runner = init_runner(
            private_data_dir=str(folder), playbook=str(play.playbook), inventory=inventory(play),
            settings=SETTINGS, extravars={"gough_hosts": play.hostname}, quiet=True,
            event_handler=course.event, cancel_callback=asked,
        )  # fmt: skip
        runner.config.command[0] = command
        given = {name: value for name, value in runner.config.env.items() if name not in os.environ}
        runner.config.env = {**given, **environment}
        runner.run()
        return course.ended(status=int(runner.rc or 0), stopped=asked.stopped)

    def _environment(self, play: Play, folder: Path, socket: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        config = str(self._ssh_config) if self._ssh_config else "none"
        options = {
            "ControlMaster": "auto", "ControlPersist": "30s", "StrictHostKeyChecking": "accept-new",
            "UserKnownHostsFile": str(play.known_hosts), "PreferredAuthentications": "publickey",
        }  # fmt: skip
        return {
            **kept, "LANG": "C.UTF-8", "SSH_AUTH_SOCK": str(socket),
            "ANSIBLE_CONFIG": str(_configuration(folder)), "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_COLLECTIONS_PATH": str(self._collections), "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_TIMEOUT": str(CONNECT_SECONDS), "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
            "ANSIBLE_SSH_ARGS": " ".join([f"-F {config}", *(f"-o {name}={value}" for name, value in options.items())]),
            "ANSIBLE_HOST_KEY_CHECKING": "true", "ANSIBLE_NOCOLOR": "true", "ANSIBLE_RETRY_FILES_ENABLED": "false",
        }  # fmt: skip


class _Asked:
    """Remembers that the run was stopped: afterwards it looks like one that failed."""

    def __init__(self, stop: Callable[[], bool]) -> None:
        self._stop, self.stopped = stop, False

    def __call__(self) -> bool:
        self.stopped = self.stopped or self._stop()
        return self.stopped


def inventory(play: Play) -> dict[str, Any]:
    """That one host, in its groups. https://docs.ansible.com/ansible-core/2.18/inventory_guide/intro_inventory.html"""
    groups: dict[str, Any] = {name: {"hosts": {play.hostname: {}}} for name in play.groups}
    return {"all": {"hosts": {play.hostname: dict(play.variables)}, "children": groups}}


def _configuration(folder: Path) -> Path:
    """An empty one, so that none that lies about is read."""
    path = folder / "ansible.cfg"
    path.write_text("[defaults]\n")
    return path


def _command() -> str:
    """Beside the interpreter, where Gough's own environment has it, else on the path."""
    beside = Path(sys.executable).with_name("ansible-playbook")
    if beside.is_file():
        return str(beside)
    if found := shutil.which("ansible-playbook"):
        return found
    raise Unavailable("Ansible", "there is no ansible-playbook", hint="Install ansible-core beside Gough.")
