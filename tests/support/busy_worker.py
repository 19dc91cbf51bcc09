"""A worker in a process of its own, every thread of which is busy until a test lets go.

Run as a program it prints the id of each job that it begins, and is done with them once something stands on its
standard input.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import IO

from gough.jobs.celery_queue import work
from gough.jobs.leases import Mover

THREADS = 2
BEAT = 0.2  # seconds
ROOT = Path(__file__).parents[2]


class Held(Mover):
    """Says which job it was given, and is done with it when it is let go."""

    def __init__(self, let_go: Event) -> None:
        self._let_go = let_go

    def start(self) -> None: ...

    def stop(self, patience: float = 0) -> None: ...

    def move(self, job_id: str | None = None, *, queue: str | None = None) -> bool:
        print(job_id, file=sys.__stdout__, flush=True)  # Celery has put a log in the place of the other one
        return self._let_go.wait()


class Busy:
    """`begun` holds ids of jobs in the order in which they were begun, `log` the lines of its log."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._stdin = _pipe(process.stdin)
        self.begun, self.log = _lines(process.stdout), _lines(process.stderr)

    def let_go(self) -> None:
        self._stdin.write("\n")
        self._stdin.flush()


@contextmanager
def running(redis_url: str) -> Iterator[Busy]:
    command = [sys.executable, "-m", "tests.support.busy_worker", redis_url]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield Busy(process)
        finally:
            process.kill()


def _lines(stream: IO[str] | None) -> "Queue[str]":
    lines, pipe = Queue[str](), _pipe(stream)

    def read() -> None:
        for line in pipe:
            lines.put(line.strip())

    Thread(target=read, daemon=True).start()
    return lines


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _main(redis_url: str) -> None:
    let_go = Event()

    def wait() -> None:
        sys.stdin.readline()
        let_go.set()

    Thread(target=wait, daemon=True).start()
    work(redis_url, Held(let_go), threads=THREADS, log_level="CRITICAL", every=BEAT)


if __name__ == "__main__":
    _main(sys.argv[1])
