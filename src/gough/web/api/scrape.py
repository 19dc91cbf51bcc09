"""Figures for Prometheus: the database's, asked as they are scraped, and the requests of all serving processes."""

from collections.abc import Iterator

from prometheus_client import Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from gough.domain.permissions import Permission
from gough.services import figures
from gough.web.declaration import Media
from gough.web.message import Answer, Request
from gough.web.operation import operation


class Figures(Collector):
    """Everything there is, of the moment it is collected at."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def collect(self) -> Iterator[Metric]:
        database = self._request.use.database
        with database.read() as session:
            found = figures.ask(session, database.now(session))
        for asked, rows in found:
            for index, figure in enumerate(asked.figures, len(asked.labels)):
                family = GaugeMetricFamily(figure.name, figure.meaning, labels=asked.labels)
                for row in rows:
                    family.add_metric([str(value) for value in row[: len(asked.labels)]], float(row[index]))
                yield family
        yield from self._request.site.traffic.collected()


FIGURES = Media("text/plain", "Prometheus's text format", example="gough_paused 0\n")


@operation(
    "GET /metrics", permission=Permission.METRICS, gives={200: FIGURES},
    summary="Figures for Prometheus, of all processes.",
)  # fmt: skip
def scrape(request: Request) -> Answer:
    """Raises Unavailable without a database: half of the figures would look like none."""
    return Answer(200, generate_latest(Figures(request)), (("Content-Type", CONTENT_TYPE_PLAIN_0_0_4),))
