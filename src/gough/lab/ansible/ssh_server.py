"""A real SSH server for a virtual machine: OpenSSH's, as whoever runs the lab, on a port of the loopback.

Its host key and whom it lets in are in the machine's folder. What it lets in can do what that person can, so it takes
no key but the one that the user-data brought.
"""

import getpass
import os
import shutil
import subprocess
from pathlib import Path

from gough.lab.server_process import free_port

PROGRAM = "sshd"
# sshd must be started by its whole path. https://man.openbsd.org/sshd#BUGS
PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/bin", "/opt/homebrew/sbin")
EMPTY = Path("/run/sshd")  # what root's sshd shuts its half without privileges into; Debian makes it at each boot
CONFIGURATION = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host-key
AuthorizedKeysFile {keys}
AllowUsers {user}
AuthenticationMethods publickey
UsePAM no
StrictModes no
PidFile none
SetEnv LAB_ROOT={root}
Subsystem sftp internal-sftp
"""


def program() -> str | None:
    """The path of OpenSSH's server; None where it is not installed."""
    return shutil.which(PROGRAM, path=":".join(PLACES))


class SshServer:
    """`keys` are those of whoever may log in; their shells find `root` as LAB_ROOT.

    `port` is chosen at once; what listens there comes and goes.
    """

    def __init__(self, folder: Path, keys: Path, root: Path) -> None:
        self._folder, self._keys, self._root = folder, keys, root
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port(0)

    def start(self) -> None:
        """Nothing where there is no sshd, or it runs already. Whom it lets in is looked at anew each time."""
        found = program()
        if found is None or self._process is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.geteuid() == 0:
            EMPTY.mkdir(mode=0o755, exist_ok=True)
        key = self._folder / "host-key"
        if not key.exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
            subprocess.run(command, check=True, capture_output=True)
        settings = CONFIGURATION.format(
            port=self.port, folder=self._folder, keys=self._keys, user=getpass.getuser(), root=self._root
        )
        (self._folder / "config").write_text(settings)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [found, "-D", "-e", "-f", str(self._folder / "config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
