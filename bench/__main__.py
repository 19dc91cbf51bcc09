"""`python -m bench`: measure each subject in a child process and print one table, or JSON."""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.figure import Effort
from bench.subjects import SUBJECTS, measure_of
from bench.table import show

ROOT = Path(__file__).resolve().parents[1]
CHILD_SECONDS = 900


def main() -> int:
    options = _options()
    if options.child:
        figures = measure_of(options.child)(Effort(options.quick))
        rows = [
            {"subject": options.child, **asdict(figure), "ratio": figure.ratio, "verdict": figure.verdict}
            for figure in figures
        ]
        sys.stdout.write(json.dumps(rows) + "\n")
        return 0
    rows, broken = [], []
    for subject in options.only or SUBJECTS:
        print(f"measuring {subject} ...", file=sys.stderr)
        found = _in_child(subject, quick=options.quick)
        rows += found or []
        broken += [subject] if found is None else []
    _print(rows, options.output)
    if broken:
        print(f"Could not be measured: {', '.join(broken)}.", file=sys.stderr)
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller loads")
    parser.add_argument("--only", action="append", choices=SUBJECTS, help="may be repeated")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    parser.add_argument("--child", choices=SUBJECTS, help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_child(subject: str, *, quick: bool) -> list[dict[str, Any]] | None:
    command = [sys.executable, "-m", "bench", "--child", subject, *(["--quick"] if quick else [])]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        said, _ = child.communicate(timeout=CHILD_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{subject}: not within {CHILD_SECONDS} s", file=sys.stderr)
        return None
    finally:
        if child.poll() is None:  # too slow, or somebody pressed Ctrl-C: its servers must not stay
            os.killpg(child.pid, signal.SIGKILL)
    if child.returncode != 0:
        return None
    rows: list[dict[str, Any]] = json.loads(said.splitlines()[-1])
    return rows


def _print(rows: list[dict[str, Any]], form: str) -> None:
    host = {"python": platform.python_version(), "machine": platform.machine(), "cpus": os.cpu_count()}
    if form == "json":
        print(json.dumps({"host": host, "figures": rows}, indent=2))
    else:
        show(rows, f"Python {host['python']}, {host['cpus']} CPUs. A ratio compares within this run only.")


if __name__ == "__main__":
    raise SystemExit(main())
