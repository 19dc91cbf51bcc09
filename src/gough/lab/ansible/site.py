"""The lab's own playbooks, and an OpenSSH configuration that leads from each machine's address to its port here."""

import getpass
import shutil
import sys
from pathlib import Path
from threading import Lock

from gough.lab.ansible.ssh_server import SshServer, program
from gough.shared_files import shared

KEYS = "var/lib/gough-ansible/.ssh/authorized_keys"


def missing() -> str:
    """What must be installed for it, in words; empty when nothing must."""
    if program() is None:
        return "OpenSSH's server (Debian: apt-get install openssh-server)"
    if shutil.which("ssh-agent") is None:
        return "OpenSSH's client (Debian: apt-get install openssh-client)"
    beside = Path(sys.executable).with_name("ansible-playbook")
    return "" if beside.is_file() or shutil.which("ansible-playbook") else "Ansible (ansible-core)"


class Site:
    """Everything in `folder`, which is made."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()
        self._ports: dict[str, int] = {}
        (folder / "playbooks").mkdir(parents=True)
        text = (Path(__file__).parent / "playbook.yml").read_text("utf-8")
        for template in shared("cloud-init/templates").iterdir():
            (folder / "playbooks" / f"{template.name}.yml").write_text(text)
        (folder / "collections").symlink_to(shared("ansible").resolve() / "collections")
        self._config = folder / "ssh_config"
        self._config.write_text("")

    def settings(self) -> dict[str, str]:
        """Of a Gough that configures this lab's machines."""
        return {
            "GOUGH_ANSIBLE": "true",
            "GOUGH_ANSIBLE_DIR": str(self._folder.resolve()),
            "GOUGH_ANSIBLE_USER": getpass.getuser(),
            "GOUGH_SSH_CONFIG": str(self._config.resolve()),
        }

    def server(self, machine: Path) -> SshServer:
        """For the machine whose disk is that folder."""
        root = (machine / "root").resolve()
        return SshServer(machine.resolve().with_name(f"{machine.name}.ssh"), root / KEYS, root)

    def lead(self, address: str, port: int) -> None:
        """From now on whoever asks for `address` comes to that port of the loopback."""
        with self._lock:
            self._ports[address] = port
            hosts = (f"Host {name}\n  HostName 127.0.0.1\n  Port {to}\n" for name, to in self._ports.items())
            self._config.with_suffix(".new").write_text("".join(hosts))
            self._config.with_suffix(".new").replace(self._config)
