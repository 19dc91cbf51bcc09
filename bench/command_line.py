"""How long `gough` takes to start, against a Python that does nothing."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from bench.figure import Effort, Figure, median_of

BUDGET_MS = 200


def measure(effort: Effort) -> list[Figure]:
    gough = shutil.which("gough", path=str(Path(sys.executable).parent)) or "gough"
    rounds = effort.rounds * 3
    bare = _milliseconds((sys.executable, "-c", "pass"), rounds)
    figures = []
    for option in ("--version", "--help"):
        value = _milliseconds((gough, option), rounds)
        note = f"budget {BUDGET_MS} ms: {'kept' if value <= BUDGET_MS else 'exceeded'}"
        figures.append(Figure(f"gough {option}", value, "ms", bare, "python -c pass", note))
    return figures


def _milliseconds(command: Sequence[str], rounds: int) -> float:
    def once() -> float:
        begun = perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return (perf_counter() - begun) * 1000

    return median_of(rounds, once)
