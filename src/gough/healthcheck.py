"""Whether this process of Gough is well: `python -m gough.healthcheck`, for a container's health check.

A server is asked over the loopback. A worker or a beat touches GOUGH_PULSE_FILE at each round, so that one which hangs
is found, too. The standard library only: it runs every few seconds.
"""

import os
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

STILL = 60.0  # seconds without a round
PATIENCE = 4.0


def complaint(environment: Mapping[str, str], now: float) -> str:
    """Empty when all is well. `now` is in seconds since the epoch."""
    pulse = environment.get("GOUGH_PULSE_FILE")
    return _of_pulse(Path(pulse), now) if pulse else _of_server(environment.get("GOUGH_PORT") or "8000")


def _of_pulse(file: Path, now: float) -> str:
    try:
        age = now - file.stat().st_mtime
    except OSError as error:
        return f"no round yet: {file}: {error.strerror}"
    return f"the last round was {age:.0f} s ago" if age > STILL else ""


def _of_server(port: str) -> str:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE).close()
    except OSError as error:
        return f"port {port}: {error}"
    return ""


def main() -> int:
    said = complaint(os.environ, time.time())
    sys.stderr.write(f"{said}\n" if said else "")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
