"""The baseline of `ingest`: granian as Gough starts it, reading each body and answering the same. `… PORT`"""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from gough.web.server import BLOCKING_THREADS

BODY = b'{"interval_seconds":60.0,"server_time":"2026-01-01T12:00:00.000Z","duplicate":false}'


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
    return [BODY]


def _load() -> Callable[..., Any]:
    return application


def main(port: int) -> None:
    Server(
        "bench", address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1,
        blocking_threads=BLOCKING_THREADS, backpressure=BLOCKING_THREADS * 2, websockets=False,
        log_level=LogLevels.error,
    ).serve(target_loader=_load, wrap_loader=False)  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
