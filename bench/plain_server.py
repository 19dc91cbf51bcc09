"""The baseline: granian as Gough starts it, with an application that does nothing but answer. `… PORT`"""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from gough.web.server import BLOCKING_THREADS

BODY = b'{"status":"ok"}'


def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
    return [BODY]


def _load() -> Callable[..., Any]:
    return application


def main(port: int) -> None:
    Server(
        "bench",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=BLOCKING_THREADS,
        backpressure=BLOCKING_THREADS * 2,
        websockets=False,
        log_level=LogLevels.error,
    ).serve(target_loader=partial(_load), wrap_loader=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
