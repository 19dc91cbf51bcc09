"""QEMU's machine protocol over a Unix socket: one JSON object a line. https://wiki.qemu.org/Documentation/QMP"""

import json
import socket
import threading
from pathlib import Path
from typing import Any

from gough.lab.maas import BmcSilent

ANSWER_SECONDS = 5.0


class Qmp:
    """One connection; OSError when nobody is at `path` yet. `ask` raises BmcSilent when nothing answers in time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_SECONDS)
        self._lines = self._socket.makefile("rb")
        try:
            self._socket.connect(str(path))
            self._read()
            self.ask("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def ask(self, command: str, **arguments: Any) -> Any:
        """What the command returns; RuntimeError with QEMU's words when it refuses."""
        wanted = {"execute": command, **({"arguments": arguments} if arguments else {})}
        with self._lock:
            try:
                self._socket.sendall(json.dumps(wanted).encode() + b"\n")
                answer = self._read()
                while "event" in answer:
                    answer = self._read()
            except (OSError, ValueError) as error:
                raise BmcSilent("Connection timed out to the BMC; check its address and that it has power.") from error
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _read(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise OSError("QEMU closed the connection")
        answer: dict[str, Any] = json.loads(line)
        return answer
