"""The wiring. Only entry points import this."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from gough.adapters import fleet
from gough.adapters.ansible.runner import AnsibleRunner
from gough.adapters.maas import connect
from gough.adapters.maas.feed import open_feed
from gough.cloud_init.delivery import ARTEFACT
from gough.config import LOOPBACK, Settings, read_settings
from gough.domain.errors import Misconfigured, Unavailable
from gough.jobs.dispatcher import Dispatcher
from gough.jobs.duties import Duties
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.jobs.pulse import pulse
from gough.persistence import schema
from gough.persistence.database import Database
from gough.ports import Configurator, IdentityProvider, Waker
from gough.services import regions, ssh_keys, templates
from gough.services.context import Use
from gough.services.fleet_hosts import servers
from gough.services.secrets import Sealer
from gough.services.waking import Bell
from gough.shared_files import shared

FIRST_REGION = FIRST_FLEET = "default"


class Part(Protocol):
    """Something that runs in the background."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Role(StrEnum):
    """What a process does beside answering requests."""

    ALL = "all"  # moves jobs in its own threads, follows MAAS, does what recurs
    WEB = "web"  # nothing: workers and a beat do it
    BEAT = "beat"  # follows MAAS, does what recurs, gives due jobs to the queue


@dataclass(frozen=True, slots=True)
class Application:
    """A wired Gough. `start` makes this process work."""

    use: Use
    bell: Bell
    executor: Executor
    followers: Followers
    _parts: list[Part] = field(default_factory=list)

    @property
    def role(self) -> Role:
        """What a server is with these settings."""
        return Role.ALL if self.use.settings.executor == "threads" else Role.WEB

    def start(self, role: Role | None = None) -> None:
        self._parts.extend(PARTS[role or self.role](self))
        for part in self._parts:
            part.start()

    def stop(self) -> None:
        """What was started ends; requests are answered all the same."""
        for part in reversed(self._parts):
            part.stop()
        self._parts.clear()

    def close(self) -> None:
        self.stop()
        self.use.close()
        self.use.database.close()


def _beat(application: Application) -> list[Part]:
    from gough.jobs.celery_queue import Listener, Sender  # noqa: PLC0415  (Celery costs 0.3 s, which threads need not)

    use, bell = application.use, application.bell
    url = redis_url(use.settings)
    dispatcher = Dispatcher(use, bell, Sender(url), pulse(use.settings.pulse_file))
    return [Listener(url, bell), dispatcher, Duties(use), application.followers]


PARTS: Mapping[Role, Callable[[Application], list[Part]]] = {
    Role.ALL: lambda application: [application.executor, Duties(application.use), application.followers],
    Role.WEB: lambda _: [],
    Role.BEAT: _beat,
}


def wire(settings: Settings | None = None) -> Application:
    """Everything connected, nothing running yet. Raises Misconfigured."""
    settings = settings or read_settings(os.environ)
    bell = Bell()
    use = Use(
        settings=settings,
        database=Database(settings.database),
        sealer=Sealer(settings.key, settings.previous_key),
        connect=partial(connect, loopback=settings.may_ask_loopback),
        waker=bell if settings.executor == "threads" else _waker(settings, bell),
        agent_checksums=lambda: agent_checksums(agent_dir(settings)),
        open_feed=partial(open_feed, loopback=settings.may_ask_loopback),
        connect_security=partial(fleet.connect, loopback=settings.may_ask_loopback),
        configurator=_configurator(settings) if settings.ansible else None,
        identity_provider=cache(partial(_identity_provider, settings)) if settings.oidc_issuer else None,
    )
    return Application(use, bell, Executor(use, bell), Followers(use))


def _configurator(settings: Settings) -> Configurator:
    folder = settings.ansible_dir or shared("ansible")
    return AnsibleRunner(folder / "collections", settings.ssh_config)


def _identity_provider(settings: Settings) -> IdentityProvider:
    from gough.adapters.oidc.provider import OidcProvider, Registration  # noqa: PLC0415  (0.3 s, for whoever uses it)

    public = settings.public_url.rstrip("/")
    secret = settings.oidc_client_secret
    registration = Registration(
        name=settings.oidc_name,
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else "",
        scopes=settings.oidc_scopes,
        groups_claim=settings.oidc_groups_claim,
        redirect_uri=f"{public}/login/oidc/callback",
        signed_out_uri=f"{public}/login",
        need_acr=frozenset(settings.oidc_need_acr.split()),
        need_amr=frozenset(settings.oidc_need_amr.split()),
    )
    return OidcProvider(registration, loopback=urlsplit(settings.oidc_issuer).hostname in LOOPBACK)


def queue_answers(settings: Settings) -> bool:
    """Whether Redis, over which the workers are reached, answers."""
    from gough.jobs.celery_queue import ping  # noqa: PLC0415  (as above)

    try:
        ping(redis_url(settings))
    except Unavailable:
        return False
    return True


def _waker(settings: Settings, bell: Bell) -> Waker:
    from gough.jobs.celery_queue import RedisWaker  # noqa: PLC0415  (as above)

    return RedisWaker(redis_url(settings), bell)


def redis_url(settings: Settings) -> str:
    """Raises Misconfigured where there is none."""
    if settings.redis_url is None:
        raise Misconfigured("REDIS_URL is missing.", hint="Give redis://host:6379/0.")
    return settings.redis_url.get_secret_value()


def prepare(use: Use) -> None:
    """Bring database, template library and the region of the environment up to date. Safe to repeat."""
    schema.upgrade(use.database)
    folder = use.settings.templates_dir or shared("cloud-init/templates")
    templates.import_library(use, folder, by="library")
    _first_region(use)
    _first_fleet(use)
    if use.settings.ansible:
        ssh_keys.prepare(use)


def _first_fleet(use: Use) -> None:
    token, ca = use.settings.fleet_token, use.settings.fleet_ca_file
    if token is None:
        return
    with use.database.read() as session:
        if any(server.name == FIRST_FLEET for server in servers.listed(session)):
            return
    pem = ca.read_text("utf-8") if ca is not None else ""
    servers.add(use, FIRST_FLEET, use.settings.fleet_url, token.get_secret_value(), ca=pem, must_answer=False)


def _first_region(use: Use) -> None:
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
    """{name: SHA-256} of what this server hands out of the agent: for each architecture an archive and a package, the
    one that was built last.
    """
    files = [file for file in folder.glob("gough-agent*") if not file.is_symlink()]
    matches = ((ARTEFACT.fullmatch(file.name), file) for file in sorted(files, key=lambda file: file.stat().st_mtime))
    newest = {match.groups(): file for match, file in matches if match}  # groups: of an archive, of a package
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in newest.values()}
