"""Ansible's own programs, with the collection, against a Gough on the loopback whose region is the lab's emulator."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from gough.bootstrap import Application
from gough.domain.permissions import GRANTS, Role
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.persistence.database import Database
from gough.services import api_keys, users
from gough.services.api_keys import Wish
from gough.web.wsgi import create
from tests.support.clock import Clock
from tests.support.site import Site

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Nothing on stderr."""


@dataclass(frozen=True)
class Ansible:
    """`folder` holds what a run leaves; `url` and `key` are told by the environment, as a person would."""

    site: Site
    folder: Path
    url: str
    key: str

    def run(self, program: str, *arguments: str, check: bool = True, **more: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "GOUGH_URL": self.url,
            "GOUGH_TOKEN": self.key, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "ansible/collections"),
            "ANSIBLE_NOCOLOR": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_LOCALHOST_WARNING": "0", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        } | more  # fmt: skip
        command = [str(BIN / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=100, check=False
        )
        assert done.returncode == 0 or not check, f"{command}: {done.stdout}{done.stderr}"
        return done

    def inventory(self, text: str, **more: str) -> dict[str, Any]:
        """What `ansible-inventory --list` makes of such a file."""
        path = self.folder / "site.gough.yml"
        path.write_text(f"plugin: gough.gough.gough\n{text}")
        found: dict[str, Any] = json.loads(
            self.run("ansible-inventory", "-i", str(path), "--list", check=True, **more).stdout
        )
        return found

    def module(self, name: str, arguments: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
        """What the module answers; of one that failed, too."""
        play = [
            {
                "hosts": "localhost", "gather_facts": False, "connection": "local",
                "vars": {"ansible_python_interpreter": sys.executable},
                "tasks": [
                    {f"gough.gough.{name}": arguments, "register": "said", "ignore_errors": True, "diff": True},
                    {"ansible.builtin.copy": {"content": "{{ said | to_json }}", "dest": f"{self.folder}/said.json"},
                     "check_mode": False},
                ],
            }
        ]  # fmt: skip
        path = self.folder / "play.json"
        path.write_text(json.dumps(play))
        self.run("ansible-playbook", *(["--check"] if check else []), str(path))
        found: dict[str, Any] = json.loads((self.folder / "said.json").read_text())
        return found


@pytest.fixture
def site(sqlite_template: Path, clock: Clock, tmp_path: Path) -> Iterator[Site]:
    shutil.copy(sqlite_template, tmp_path / "gough.db")
    database = Database(f"sqlite:///{tmp_path / 'gough.db'}", clock=clock)
    made = Site(database, clock, {"GOUGH_DATA_DIR": str(tmp_path), "GOUGH_PUBLIC_URL": "https://gough.example"})
    made.prepare(tmp_path / "library")
    yield made
    made.close()
    database.close()


@pytest.fixture
def ansible(site: Site, tmp_path: Path) -> Iterator[Ansible]:
    user, _ = users.create(site.use, "configurer", Role.ADMIN)
    _, key = api_keys.create(site.use, user.id, Wish("ansible", GRANTS[Role.ADMIN]))
    guard = create(Application(site.use, site.bell, Executor(site.use, site.bell), Followers(site.use)))
    with make_server("127.0.0.1", 0, guard, threaded=True, request_handler=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        folder = tmp_path / "ansible"
        folder.mkdir()
        yield Ansible(site, folder, f"http://127.0.0.1:{server.server_port}", key)
        server.shutdown()
        thread.join()
    guard.site.feed.close()
