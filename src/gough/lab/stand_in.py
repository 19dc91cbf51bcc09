"""The lab's part that stands in for real systems, as a process of its own: `python -m gough.lab.stand_in`.

An emulated MAAS with its virtual machines and an emulated Fleet, at the names and ports that the real ones have in the
container stack, so that nothing else of the stack is another. What it begins with ends with it.
"""

import os
import signal
import ssl
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from gough.domain.errors import Invalid
from gough.lab.fleet import LabFleet
from gough.lab.hall import Hall
from gough.lab.pace import Pace

MOST_MACHINES = 200


@dataclass(frozen=True, slots=True)
class Options:
    """Ports 0 take free ones. `certificate` and `key` are PEM files; without them Fleet speaks plain http."""

    machines: int
    speed: float
    host: str
    maas_port: int
    fleet_port: int
    fleet_prefix: str
    folder: Path
    credentials: Path
    certificate: Path | None
    key: Path | None


def options(environment: Mapping[str, str]) -> Options:
    """Raises Invalid naming the variable that is no number or too large."""

    def number(name: str, default: str, most: float) -> float:
        text = environment.get(name) or default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= most:
            raise Invalid(f"{name} is {text!r}.", hint=f"Give a number from 0 to {most:g}.")
        return value

    def file(name: str) -> Path | None:
        return Path(environment[name]) if environment.get(name) else None

    return Options(
        machines=int(number("GOUGH_LAB_MACHINES", "3", MOST_MACHINES)),
        speed=number("GOUGH_LAB_SPEED", "60", 600) or 1.0,
        host=environment.get("GOUGH_LAB_HOST") or "127.0.0.1",
        maas_port=int(number("GOUGH_LAB_MAAS_PORT", "5240", 65535)),
        fleet_port=int(number("GOUGH_LAB_FLEET_PORT", "8443", 65535)),
        fleet_prefix=environment.get("GOUGH_LAB_FLEET_PREFIX", ""),
        folder=file("GOUGH_LAB_FOLDER") or Path(".lab"),
        credentials=file("GOUGH_LAB_CREDENTIALS") or Path(".lab"),
        certificate=file("GOUGH_LAB_CERTIFICATE"),
        key=file("GOUGH_LAB_KEY"),
    )


def start(chosen: Options, exits: ExitStack) -> tuple[str, str]:
    """Everything runs, machines are switched on, and MAAS's key lies in its file: (MAAS_URL, FLEET_URL)."""
    tls = None
    if chosen.certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(chosen.certificate, chosen.key)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    hall = Hall(
        chosen.machines, Pace(chosen.speed), chosen.folder / "machines", host=chosen.host, port=chosen.maas_port,
        osquery_scheme="https" if tls else "http",
    )  # fmt: skip
    exits.callback(hall.close)
    fleet = LabFleet(chosen.fleet_port, prefix=chosen.fleet_prefix, tls=tls, host=chosen.host)
    exits.callback(fleet.close)
    hall.power_up()
    hand_over(chosen.credentials / "maas-api-key", hall.region.api_key)
    return hall.maas_url, fleet.url


def hand_over(file: Path, secret: str) -> None:
    """Whole or not at all, and for its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(secret)
    part.replace(file)


def main() -> int:
    ended = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: ended.set())
    with ExitStack() as exits:
        maas, fleet = start(options(os.environ), exits)
        sys.stdout.write(f"MAAS at {maas}, Fleet at {fleet}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
