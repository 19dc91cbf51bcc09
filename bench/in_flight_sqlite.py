"""The same thousand deployments in flight on a server that has nothing beside it: SQLite, jobs in its own threads."""

from bench import databases
from bench.figure import Effort, Figure
from bench.in_flight import measured, serving


def measure(effort: Effort) -> list[Figure]:
    with databases.sqlite() as (url, folder):
        return measured(effort, url, folder, "SQLite", serving)
