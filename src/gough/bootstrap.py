"""The wiring. Only entry points import this."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gough.adapters.maas import connect
from gough.adapters.maas.feed import open_feed
from gough.config import Settings, read_settings
from gough.jobs.duties import Duties
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.persistence import schema
from gough.persistence.database import Database
from gough.services import regions, templates
from gough.services.context import Use
from gough.services.secrets import Sealer
from gough.services.waking import Bell
from gough.shared_files import shared

AGENT_ARCHIVE = "gough-agent-linux-{architecture}.tar.gz"
ARCHITECTURES = ("x86_64", "aarch64")
FIRST_REGION = "default"


@dataclass(frozen=True, slots=True)
class Application:
    """A wired Gough. `start` makes this process work on jobs."""

    use: Use
    bell: Bell
    executor: Executor
    duties: Duties
    followers: Followers

    def start(self) -> None:
        self.executor.start()
        self.duties.start()
        self.followers.start()

    def close(self) -> None:
        self.followers.stop()
        self.duties.stop()
        self.executor.stop()
        self.use.close()
        self.use.database.close()


def wire(settings: Settings | None = None) -> Application:
    """Everything connected, nothing running yet. Raises Misconfigured."""
    settings = settings or read_settings(os.environ)
    bell = Bell()
    use = Use(
        settings=settings,
        database=Database(settings.database),
        sealer=Sealer(settings.key),
        connect=connect,
        waker=bell,
        agent_checksums=lambda: agent_checksums(agent_dir(settings)),
        open_feed=open_feed,
    )
    return Application(use, bell, Executor(use, bell), Duties(use), Followers(use))


def prepare(use: Use) -> None:
    """Bring database, template library and the region of the environment up to date. Safe to repeat."""
    schema.upgrade(use.database)
    folder = use.settings.templates_dir or shared("cloud-init/templates")
    templates.import_library(use, folder, by="library")
    key = use.settings.maas_api_key
    if key is None:
        return
    with use.database.read() as session:
        if any(region.name == FIRST_REGION for region in regions.listed(session)):
            return
    regions.add(use, FIRST_REGION, use.settings.maas_url, key.get_secret_value(), must_answer=False)


def agent_dir(settings: Settings) -> Path:
    return settings.agent_dir or settings.data_dir / "agent"


def agent_checksums(folder: Path) -> Mapping[str, str]:
    """{architecture: SHA-256} of the agent's archives that this server can hand out."""
    files = {a: folder / AGENT_ARCHIVE.format(architecture=a) for a in ARCHITECTURES}
    return {a: hashlib.sha256(file.read_bytes()).hexdigest() for a, file in files.items() if file.is_file()}
