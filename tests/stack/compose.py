"""compose.yaml on a Docker engine, with stand-ins for its base images and everything that stack-init makes."""

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from gough.lab.server_process import free_port
from tests.stack import bases
from tests.stack.debian import Engine
from tools.stack_init import init

ROOT = Path(__file__).resolve().parents[2]
NAME = "gough.test"
# Builds reach the registries over this machine's own network.
OVERRIDE = "services:\n" + "".join(
    f"  {name}: {{build: {{network: host}}}}\n"
    for name in ("postgres", "migrate", "management-server", "worker", "beat", "nginx", "lab", "agent")
)


class Stack:
    """`compose` is Docker's command for this one."""

    def __init__(self, ours: Engine, folder: Path, machines: int) -> None:
        self._ours, self._folder, self.port = ours, folder, free_port(0)
        init(folder, f"https://{NAME}", ["nginx", "lab"], lambda path, owner: os.chown(path, owner, -1))
        (folder / "override.yaml").write_text(OVERRIDE)
        wishes = {
            **bases.IN_PLACE_OF, "HTTPS_PORT": str(self.port), "HTTP_PORT": str(free_port(0)),
            "GOUGH_SECRETS": str(folder / "secrets"), "GOUGH_CONFIG": str(folder / "config"),
            "GOUGH_LAB_MACHINES": str(machines), "GOUGH_LAB_SPEED": "120",
        }  # fmt: skip
        with (folder / ".env").open("a") as env:
            env.writelines(f"{name}={value}\n" for name, value in wishes.items())

    def compose(self, *arguments: str, check: bool = True) -> str:
        files = (ROOT / "compose.yaml", ROOT / "containers" / "scale-out.yaml", self._folder / "override.yaml")
        command = ["docker", "compose", "--project-name", "gough-test", "--env-file", str(self._folder / ".env")]
        for file in files:
            command += ["--file", str(file)]
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "DOCKER_HOST": self._ours.command[2]}
        done = subprocess.run(
            [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 or not check, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def build(self) -> None:
        subprocess.run([sys.executable, "-m", "tools.assets"], cwd=ROOT, check=True)
        self.compose("build", "management-server", "postgres", "nginx")
        self.compose("--profile", "agent", "build", "agent")

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """While the block lasts, `history` grows: (service, `start`, `die` or `health_status: healthy`)."""
        kinds = [word for event in ("start", "die", "health_status") for word in ("--filter", f"event={event}")]
        form = '{{index .Actor.Attributes "com.docker.compose.service"}} {{.Action}}'
        command = [*self._ours.command, "events", *kinds, "--format", form]
        with (self._folder / "events").open("w") as file:
            process = subprocess.Popen(command, stdout=file)
            try:
                yield
            finally:
                process.terminate()
                process.wait(10)

    def history(self) -> list[tuple[str, str]]:
        lines = (self._folder / "events").read_text().splitlines()
        return [(service, action) for service, _, action in (line.partition(" ") for line in lines)]

    def containers(self, service: str) -> list[dict[str, Any]]:
        """As `docker inspect` shows them, dead ones too."""
        ids = self.compose("ps", "--all", "--quiet", service).split()
        found: list[dict[str, Any]] = json.loads(self._ours.docker("inspect", *ids).stdout)
        return found

    def size(self, image: str) -> int:
        """Bytes."""
        return int(self._ours.docker("image", "inspect", "--format", "{{.Size}}", image).stdout)

    def kill(self, service: str) -> None:
        """-9 to one of them, for good."""
        victim = self.containers(service)[0]["Id"]
        self._ours.docker("update", "--restart=no", victim)
        self._ours.docker("kill", victim)

    def gough(self, *words: str) -> str:
        """A command on a management server that lives."""
        living = next(c["Id"] for c in self.containers("management-server") if c["State"]["Running"])
        done = self._ours.docker("exec", living, "entrypoint.sh", "gough", *words, check=False)
        assert done.returncode == 0, f"gough {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def ask(self, path: str) -> httpx.Response:
        """Through nginx, by the public name, trusting the installation's own authority."""
        tls = ssl.create_default_context(cafile=str(self._folder / "secrets" / "ca_certificate"))
        with httpx.Client(verify=tls, timeout=30) as client:
            url = f"https://127.0.0.1:{self.port}{path}"
            return client.get(url, headers={"Host": NAME}, extensions={"sni_hostname": NAME})

    def protocol(self) -> str | None:
        """What nginx agrees to speak."""
        tls = ssl.create_default_context(cafile=str(self._folder / "secrets" / "ca_certificate"))
        tls.set_alpn_protocols(["h2", "http/1.1"])
        with (
            socket.create_connection(("127.0.0.1", self.port), 10) as plain,
            tls.wrap_socket(plain, server_hostname=NAME) as wrapped,
        ):
            return wrapped.selected_alpn_protocol()

    def machines(self) -> dict[str, str]:
        """{name: its service state}"""
        return {each["hostname"]: each["service"] for each in json.loads(self.gough("machine", "list", "-o", "json"))}

    def until_all(self, state: str, machines: int, seconds: float) -> None:
        end, pause = time.monotonic() + seconds, Event()
        while [*(found := self.machines()).values()].count(state) < machines:
            assert time.monotonic() < end, f"not all {state} within {seconds:.0f} s: {found}"
            pause.wait(1)


@contextmanager
def running(ours: Engine, folder: Path, machines: int) -> Iterator[Stack]:
    """Built, started and healthy; taken down with its volumes."""
    bases.make(ours)
    stack = Stack(ours, folder, machines)
    stack.build()
    try:
        with stack.recorded():
            stack.compose("up", "--detach", "--wait", "--no-build")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "5", check=False)
