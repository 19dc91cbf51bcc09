"""`python -m tools.sbom PROGRAM FOLDER`: what Gough is made of, as CycloneDX, from the lock files.

PROGRAM is cyclonedx-py; FOLDER gets gough-python.cdx.json and gough-portal.cdx.json.
"""

import subprocess
import sys
from pathlib import Path

from tools.node import find

ROOT = Path(__file__).parents[1]
VERSION = "1.6"


def main() -> int:
    program, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "gough-python.cdx.json"
    command = [program, "requirements", "--pyproject", "pyproject.toml", "--sv", VERSION, "--output-reproducible"]
    subprocess.run([*command, "-o", str(python), "requirements/runtime.txt"], cwd=ROOT, check=True)
    print(python)
    node = find()
    if node is None:
        print("There is no Node, so the portal's scripts are not listed; `make dev` brings one.", file=sys.stderr)
        return 1
    command = [*node.npm, "sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--loglevel=error"]
    said = subprocess.run(command, cwd=ROOT / "portal", stdout=subprocess.PIPE, check=True).stdout
    portal = folder / "gough-portal.cdx.json"
    portal.write_bytes(said)
    print(portal)
    return 0


if __name__ == "__main__":
    sys.exit(main())
