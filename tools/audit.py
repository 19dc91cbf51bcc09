"""`python -m tools.audit`: what is known against the locked dependencies, Python's and the portal's.

A report: it fails only on what is known. Where a registry tells no advisories, it says how many it could not look up.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.node import find

ROOT = Path(__file__).parents[1]
LOCKS = ("runtime", "build", "dev", "generator", "audit", "ansible-lint")
PIP_AUDIT = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")
SECONDS = 120


def main() -> int:
    """`… PROGRAM`: where pip-audit is."""
    known = [fault for name in LOCKS for fault in python(sys.argv[1], ROOT / "requirements" / f"{name}.txt")]
    known += portal()
    for fault in known:
        print(fault)
    return 1 if known else 0


def python(program: str, lock: Path) -> list[str]:
    """A line for each advisory that is open."""
    said, trouble = _ask([program, "-r", str(lock), *PIP_AUDIT], ROOT)
    if said is None:
        print(f"{lock.name}: not looked up: {trouble}")
        return []
    packages: Sequence[dict[str, Any]] = said["dependencies"]
    unknown = [each["name"] for each in packages if "vulns" not in each]
    print(f"{lock.name}: {len(packages) - len(unknown)} packages looked up", end="")
    print(f"; of {len(unknown)} the registry tells no advisories" if unknown else "")
    return [line for each in packages for line in _python_faults(each)]


def _python_faults(package: dict[str, Any]) -> Iterator[str]:
    for fault in package.get("vulns", ()):
        mended = ", ".join(fault["fix_versions"]) or "no version yet"
        yield f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}"


def portal() -> list[str]:
    """The same for the lock file of the portal's scripts."""
    node = find()
    if node is None:
        print("package-lock.json: not looked up: there is no Node; `make dev` brings one")
        return []
    said, trouble = _ask([*node.npm, "audit", "--json"], ROOT / "portal")
    if said is None or "vulnerabilities" not in said:
        print(f"package-lock.json: not looked up: {said.get('message', trouble) if said else trouble}")
        return []
    print(f"package-lock.json: {said['metadata']['dependencies']['total']} packages looked up")
    return [f"{name}: {each['severity']}, in {each['range']}" for name, each in said["vulnerabilities"].items()]


def _ask(command: Sequence[str], folder: Path) -> tuple[dict[str, Any] | None, str]:
    """(its answer, or None; the last line of what it complained)"""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None, f"no answer within {SECONDS} s"
    complaint = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return None, complaint
    return (answer, complaint) if isinstance(answer, dict) else (None, complaint)


if __name__ == "__main__":
    sys.exit(main())
