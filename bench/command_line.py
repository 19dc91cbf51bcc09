"""How long `gough` takes to start, against a Python that does nothing."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

from bench.figure import Effort, Figure, in_turn

BUDGET_MS = 200


def measure(effort: Effort) -> list[Figure]:
    gough = shutil.which("gough", path=str(Path(sys.executable).parent)) or "gough"
    rounds = effort.rounds * 3
    bare = partial(_milliseconds, (sys.executable, "-c", "pass"))
    figures = []
    for option in ("--version", "--help"):
        value, baseline = in_turn(rounds, partial(_milliseconds, (gough, option)), bare)
        note = f"budget {BUDGET_MS} ms: {'kept' if value <= BUDGET_MS else 'exceeded'}"
        figures.append(Figure(f"gough {option}", value, "ms", baseline, "python -c pass", note))
    return figures


def _milliseconds(command: Sequence[str]) -> float:
    begun = perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return (perf_counter() - begun) * 1000
