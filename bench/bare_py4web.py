"""The baseline: py4web with one route that does nothing but answer, on granian as Gough starts it. `… PORT FOLDER`"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from gough.web.server import BLOCKING_THREADS

APP = '''"""One route."""
from py4web import action


@action("small")
def small():
    return {"status": "ok"}
'''
NAME = "bare"
PATH = f"/{NAME}/small"


def _load(folder: Path) -> Callable[..., Any]:
    (folder / "apps" / NAME).mkdir(parents=True, exist_ok=True)
    (folder / "apps" / "__init__.py").write_text("")
    (folder / "apps" / NAME / "__init__.py").write_text(APP)
    os.environ["PY4WEB_SESSION_SECRET"] = "a secret of a benchmark"
    from py4web.core import wsgi  # noqa: PLC0415

    with redirect_stdout(StringIO()):
        made: Callable[..., Any] = wsgi(
            apps_folder=str(folder / "apps"), app_names=NAME, dashboard_mode="none", errorlog=":stderr",
            logging_level=logging.WARNING,
        )  # fmt: skip
    return made


def main(port: int, folder: str) -> None:
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
    ).serve(target_loader=partial(_load, Path(folder)), wrap_loader=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
