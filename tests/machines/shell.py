"""A root shell on a machine of the lab, over the SSH server of its own system."""

import subprocess
from pathlib import Path

USER = "gough-admin"  # as the template base-server names its administrator
PATIENCE = 120


class Shell:
    """`key` is the public key that a deployment has to be given."""

    def __init__(self, folder: Path) -> None:
        self._key = folder / "id"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(self._key)], check=True)
        self.key = self._key.with_suffix(".pub").read_text().strip()

    def run(self, machine: Path, command: str) -> "subprocess.CompletedProcess[str]":
        """`machine` is its folder in the lab."""
        port = (machine / "ssh-port").read_text().strip()
        options = {"StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "LogLevel": "ERROR"}
        return subprocess.run(
            ["ssh", "-i", str(self._key), "-p", port, *(f"-o{name}={value}" for name, value in options.items()),
             f"{USER}@127.0.0.1", f"sudo sh -c '{command}'"],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
