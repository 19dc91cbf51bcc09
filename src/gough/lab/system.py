"""The installed system of a virtual machine: its cloud-init run, and the agent as its init would start it.

Of the user-data's scripts only Gough's own installers really run, with GOUGH_ROOT on the machine's own folder: a
template's other scripts would change the laptop. Those are checked with `sh -n`, which is what fails them here.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from gough.lab.user_data import Script

SCRIPT_SECONDS = 900  # longer than the installer tries to download
INSTALLER, OSQUERY_INSTALLER = "90-gough-agent.sh", "91-gough-osquery.sh"
INSTALLERS = (INSTALLER, OSQUERY_INSTALLER, "92-gough-ansible.sh")
UNIT = "etc/systemd/system/gough-agent.service"
AGENT_SETTINGS = "etc/gough-agent/agent.env"


class System:
    """A root folder with an operating system's few files in it."""

    def __init__(self, root: Path, hostname: str) -> None:
        self._root, self._hostname = root, hostname
        self._agent: subprocess.Popen[bytes] | None = None

    def run_script(self, script: Script, *, sabotage: bool) -> str:
        """As cloud-init does. Empty when it went well, else its last line of complaint."""
        path = self._written(script, "\nsystemctl restart no-such-unit\nexit 1\n" if sabotage else "")
        if sabotage and script.name not in INSTALLERS:
            return "Unit no-such-unit.service not found."
        status, said = self._shell(str(path)) if script.name in INSTALLERS else self._shell("-n", str(path))
        return (said or f"exit status {status}") if status else ""

    def type_in(self, command: str) -> str:
        """As somebody at a root shell, who sees complaints that a pipe hides. Empty when nothing is said."""
        status, said = self._shell("-c", command)
        return said or (f"exit status {status}" if status else "")

    def _written(self, script: Script, more: str) -> Path:
        path = self._root / "var/lib/cloud/instance/scripts" / script.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script.text + more)
        return path

    def _shell(self, *arguments: str) -> tuple[int, str]:
        """(exit status, the last line on stderr) with GOUGH_ROOT on this folder."""
        environment = {"PATH": os.environ["PATH"], "GOUGH_ROOT": str(self._root), "HOME": str(self._root)}
        done = subprocess.run(
            ["/bin/sh", *arguments], env=environment, capture_output=True, timeout=SCRIPT_SECONDS, check=False
        )
        return done.returncode, (done.stderr.decode(errors="replace").strip().splitlines() or [""])[-1]

    def conclude_boot(self, errors: Sequence[str]) -> None:
        """What cloud-init leaves for `cloud-init status`, and for the agent."""
        path = Path(self._made("run/cloud-init"), "result.json")
        path.write_text(json.dumps({"v1": {"datasource": "DataSourceMAAS", "errors": list(errors)}}))

    def set_agent(self, name: str, value: str) -> None:
        """One of the agent's settings is another than the installer wrote. Nothing where there is no agent."""
        path = self._root / AGENT_SETTINGS
        if path.is_file():
            kept = [line for line in path.read_text().splitlines() if not line.startswith(f"{name}=")]
            path.write_text("".join(f"{line}\n" for line in (*kept, f"{name}={value}")))

    def start_agent(self) -> None:
        """What systemd does with the unit that the installer left, as far as a folder allows."""
        unit = self._root / UNIT
        if self._agent is not None or not unit.is_file():
            return
        lines = [line.partition("=") for line in unit.read_text().splitlines() if not line.startswith("#")]
        environment = {
            "PATH": os.environ["PATH"], "STATE_DIRECTORY": self._made("var/lib/gough-agent"),
            "GOUGH_HOST_ROOT": str(self._root),
        }  # fmt: skip
        for name, _, value in lines:
            if name == "Environment":
                environment |= dict(word.split("=", 1) for word in shlex.split(value))
            if name == "EnvironmentFile":
                environment |= _read_environment(self.inside(value))
        environment = {name: self._relocated(value) for name, value in environment.items()}
        command = shlex.split(next(value for name, _, value in lines if name == "ExecStart"))
        with Path(self._made("var/log"), "gough-agent.log").open("ab") as journal:
            self._agent = subprocess.Popen(
                [sys.executable, *command[1:]], env=environment, stdout=journal, stderr=journal, cwd=self._root
            )

    def stop(self) -> None:
        """Power cut: nothing is asked to end."""
        if self._agent is not None:
            self._agent.kill()
            self._agent.wait()
            self._agent = None

    def inside(self, path: str) -> Path:
        """Where a path of the machine's lies on the laptop."""
        return self._root / path.lstrip("/")

    def _made(self, path: str) -> str:
        folder = self._root / path
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    def _relocated(self, value: str) -> str:
        """Paths of the unit lie below the machine's folder."""
        return str(self.inside(value)) if value.startswith(("/opt/", "/etc/gough-agent/")) else value


def _read_environment(file: Path) -> dict[str, str]:
    lines = [line.partition("=") for line in file.read_text().splitlines() if "=" in line]
    return {name: value for name, _, value in lines}
