"""npm's oidc-provider: a certified OpenID Connect provider, installed once and run on loopback."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.npm import modules
from tools import node

HERE = Path(__file__).parent
CLIENT_ID, CLIENT_SECRET = "gough", "a secret: 100 % + more"  # one that shows whether it is encoded


class RealProvider:
    """`people` is {account: groups}; any password will do."""

    def __init__(self, folder: Path, gough: str) -> None:
        self._modules, self._people, self._gough = modules(HERE), folder / "people.json", gough
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
