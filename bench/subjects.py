"""The subjects: one table. Each is measured in a process of its own, so that none warms another's caches."""

from collections.abc import Mapping
from importlib import import_module

from bench.figure import Measure

SUBJECTS: Mapping[str, str] = {
    "web": "bench.web",
    "signed in": "bench.signed_in",
    "machine list": "bench.machine_list",
    "machine filters": "bench.machine_filters",
    "portal": "bench.portal",
    "following MAAS": "bench.following",
    "following Fleet": "bench.fleet",
    "in flight": "bench.in_flight",
    "in flight, SQLite": "bench.in_flight_sqlite",
    "in flight, Celery": "bench.in_flight_celery",
    "jobs": "bench.job_engine",
    "ingest": "bench.ingest",
    "agent": "bench.agent",
    "command line": "bench.command_line",
}


def measure_of(subject: str) -> Measure:
    """`measure(effort) -> figures` of a subject's module, imported only where it runs."""
    found: Measure = import_module(SUBJECTS[subject]).measure
    return found
