"""How many requests this server answers, and how fast: the one thing that monitoring wants and no row says.

Where several processes serve, each writes its numbers into files of a folder that the parent names in SHARED, and
whichever is asked adds them up (prometheus_client's multiprocess mode).
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gough.web.declaration import SAFE, TAKES_BODY
from gough.web.message import Request

if TYPE_CHECKING:
    from prometheus_client import Metric

SHARED = "PROMETHEUS_MULTIPROC_DIR"
NAME = "gough_http_request_seconds"
MEANING = "Requests, and the time until the answer began, by the operation's route and the class of its status."
LABELS = ("method", "route", "status")
BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
KNOWN = SAFE | TAKES_BODY | {"DELETE", "OPTIONS"}
NOWHERE = "none"  # the route of what nothing answers: paths and methods that anybody can invent are no labels


def share(folder: Path) -> None:
    """From now on this process and those it starts add up in `folder`, beginning at nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    os.environ[SHARED] = str(folder)


class Traffic:
    """Safe to share between threads."""

    def __init__(self) -> None:
        # It reads SHARED as it is imported, and costs 0.1 s that the command line need not pay.
        from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics  # noqa: PLC0415

        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._seconds = Histogram(NAME, MEANING, LABELS, registry=self._registry, buckets=BUCKETS)
        self._known: dict[tuple[str, str, int], Histogram] = {}

    def count(self, request: Request, status: int, seconds: float) -> None:
        method = request.method if request.method in KNOWN else "other"
        key = (method, request.route or NOWHERE, status // 100)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._seconds.labels(key[0], key[1], f"{key[2]}xx")
        found.observe(seconds)

    def collected(self) -> Iterable["Metric"]:
        """Of all processes that share."""
        folder = os.environ.get(SHARED)
        if not folder:
            return self._registry.collect()
        from prometheus_client import CollectorRegistry  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        return MultiProcessCollector(CollectorRegistry(), path=folder).collect()  # type: ignore[no-untyped-call,no-any-return]
