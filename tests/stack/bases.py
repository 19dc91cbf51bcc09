"""Stand-ins for the images that compose.yaml builds upon, made from Debian's packages under names of their own.

They differ from the real ones in Debian's versions, and in this: Python is trixie's 3.13 under /usr, nginx is
trixie's, PostgreSQL and Redis share one image of bookworm's.
"""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.stack.debian import CACHE, Engine
from tests.support.require import need

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# The users and folders that the real images have: compose.yaml names them by number.
SERVERS = (
    "usermod -u 999 postgres && groupmod -g 999 postgres && mkdir -p /data && chown 999:1000 /data"
    " && rm -rf /var/lib/postgresql/15 /etc/postgresql/15"
)


@dataclass(frozen=True, slots=True)
class Base:
    suite: str
    packages: str
    finish: str = "true"


BASES: Mapping[str, Base] = {
    "gough-test/python:trixie": Base("trixie", "python3,python3-venv,ca-certificates"),
    "gough-test/nginx:trixie": Base("trixie", "nginx-light"),
    "gough-test/servers:bookworm": Base("bookworm", "postgresql-15,redis-server", SERVERS),
}
IN_PLACE_OF: Mapping[str, str] = {
    "PYTHON_IMAGE": "gough-test/python:trixie", "AGENT_PYTHON_IMAGE": "gough-test/python:trixie",
    "NGINX_IMAGE": "gough-test/nginx:trixie", "POSTGRES_IMAGE": "gough-test/servers:bookworm",
    "REDIS_IMAGE": "gough-test/servers:bookworm",
}  # fmt: skip


def make(ours: Engine) -> None:
    """Debootstrapped the first time; the roots are then kept beside the other test image's."""
    for name, base in BASES.items():
        archive = CACHE.parent / f"{name.replace('/', '-').replace(':', '-')}.tar"
        if not archive.exists():
            _debootstrap(base, archive)
        ours.docker("import", str(archive), name)


def _debootstrap(base: Base, archive: Path) -> None:
    need(shutil.which("debootstrap"), "debootstrap", "apt-get install debootstrap")
    archive.parent.mkdir(parents=True, exist_ok=True)
    root, part = archive.with_suffix(".root"), archive.with_suffix(".part")
    shutil.rmtree(root, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", f"--include={base.packages}", base.suite, str(root)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    need(made.returncode == 0, "Debian's archive", f"debootstrap: {made.stdout[-300:]}")
    subprocess.run(["chroot", str(root), "sh", "-c", base.finish], check=True)
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    if (root / BUNDLE[1:]).exists():  # whom this machine trusts, pip trusts in a build
        shutil.copy(BUNDLE, root / BUNDLE[1:])
        (root / "etc/pip.conf").write_text(f"[global]\ncert = {BUNDLE}\n")
    subprocess.run(["tar", "-C", str(root), "-cf", str(part), "."], check=True)
    part.replace(archive)
    shutil.rmtree(root)
