"""A Debian 12 that boots its own systemd, in a container of a Docker engine. Its image is made here, from packages."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from threading import Event
from uuid import uuid4

from tests.support.require import need

IMAGE = "gough-test-debian:12"
INCLUDE = "systemd,systemd-sysv,python3,dbus"
CACHE = Path(os.environ.get("GOUGH_TEST_CACHE") or Path(__file__).resolve().parents[2] / ".cache") / "debian-12.tar"
UNIFIED = Path("/sys/fs/cgroup/cgroup.controllers")
# What systemd needs to give its services namespaces, short of --privileged.
RIGHTS = ("--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined")
TMPFS = ("--tmpfs=/run", "--tmpfs=/run/lock", "--tmpfs=/tmp")
BOOT_SECONDS = 90


class Container:
    """`run` is as root, inside."""

    def __init__(self, engine: "Engine", name: str) -> None:
        self._engine, self._name = engine, name

    def run(self, *command: str, check: bool = True) -> str:
        done = self._engine.docker("exec", self._name, *command, check=False)
        said = f"{done.stdout}{done.stderr}"
        assert done.returncode == 0 or not check, f"{' '.join(command)}: exit {done.returncode}: {said}"
        return said

    def port(self, inside: int) -> int:
        """Where it is reached on the loopback."""
        return int(self._engine.docker("port", self._name, str(inside)).stdout.split()[0].rpartition(":")[2])

    def status(self, *command: str) -> int:
        return self._engine.docker("exec", self._name, *command, check=False).returncode

    def put(self, source: Path, target: str) -> None:
        # Through a pipe: `docker cp` doesn't see the tmpfs.
        content = source.read_bytes()
        subprocess.run(
            [*self._engine.command, "exec", "-i", self._name, "sh", "-c", f"cat > {target}"], input=content, check=True
        )

    def until(self, *command: str, seconds: float = 60) -> None:
        """Until the command succeeds."""
        end, pause = time.monotonic() + seconds, Event()
        while self.status(*command) != 0:
            assert time.monotonic() < end, f"{' '.join(command)} did not succeed within {seconds:.0f} s"
            pause.wait(0.3)


class Engine:
    def __init__(self, socket: str) -> None:
        self.command = ("docker", "--host", socket)

    def docker(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=check)

    @contextmanager
    def container(self, *options: str) -> Iterator[Container]:
        """Booted; without `options`, on this machine's own network, so that nothing has to be forwarded."""
        name = f"gough-test-{uuid4().hex[:8]}"
        cgroups = ("--cgroupns=private",) if UNIFIED.exists() else ("--cgroupns=host",)
        mounts = ("--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw", *(options or ("--network=host",)))
        self.docker("run", "-d", f"--name={name}", *RIGHTS, *cgroups, *mounts, *TMPFS, IMAGE, "/sbin/init")
        try:
            machine = Container(self, name)
            machine.until("systemctl", "is-system-running", seconds=BOOT_SECONDS)
            yield machine
        finally:
            self.docker("rm", "--force", name, check=False)


@contextmanager
def engine(*, bridges: bool = False) -> Iterator[Engine]:
    """The one that runs here, or our own, which leaves the machine's firewall alone unless `bridges` are needed."""
    need(shutil.which("docker"), "Docker", "apt-get install docker.io")
    running = Engine(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    if running.docker("info", check=False).returncode == 0:
        yield running
        return
    need(shutil.which("dockerd") and os.geteuid() == 0, "a Docker engine", "apt-get install docker.io, run as root")
    folder = Path(mkdtemp(prefix="gough-docker-"))
    ours = Engine(f"unix://{folder}/docker.sock")
    command = ["dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
    command += ["--pidfile", str(folder / "pid"), "--host", ours.command[2]]
    command += [] if bridges else ["--iptables=false", "--bridge=none"]
    with (folder / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        end, pause = time.monotonic() + 60, Event()
        while ours.docker("info", check=False).returncode != 0:
            need(process.poll() is None and time.monotonic() < end, "a Docker engine that starts", str(log.name))
            pause.wait(0.3)
        yield ours
    finally:
        process.terminate()
        process.wait(60)
        subprocess.run(["umount", str(folder / "exec/netns/default")], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def make_image(ours: Engine) -> None:
    """From Debian's archive the first time; its root is then kept in GOUGH_TEST_CACHE or .cache/."""
    if not CACHE.exists():
        need(shutil.which("debootstrap") and os.geteuid() == 0, "debootstrap", "apt-get install debootstrap, as root")
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        root, part = CACHE.with_suffix(".root"), CACHE.with_suffix(".part")
        shutil.rmtree(root, ignore_errors=True)
        command = ["debootstrap", "--variant=minbase", f"--include={INCLUDE}", "bookworm", str(root)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        need(made.returncode == 0, "Debian's archive", f"debootstrap: {made.stdout[-300:]}")
        subprocess.run(["tar", "-C", str(root), "-cf", str(part), "."], check=True)
        part.replace(CACHE)
        shutil.rmtree(root)
    ours.docker("import", str(CACHE), IMAGE)
