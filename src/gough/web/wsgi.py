"""The WSGI callable: py4web routes, our guard stands around it.

py4web is given an app folder of two small files, written at start into the data folder: the source tree may be
read-only, and py4web must be able to write beside its apps.
"""

import atexit
import fcntl
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import contextmanager, redirect_stdout
from functools import cache
from hashlib import sha256
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from gough.bootstrap import Application, wire
from gough.domain.errors import Misconfigured
from gough.persistence import schema
from gough.shared_files import shared
from gough.web import contract, logs
from gough.web.guard import ANSWER, BREACH, Guard, Wsgi, run_in
from gough.web.message import Answer, Request
from gough.web.operation import REGISTRY, Operation, run
from gough.web.problem import as_problem, trouble_of
from gough.web.signals import on_end
from gough.web.site import Site

APP = "maas_portal"
OPERATIONS = (
    "gough.web.api.system", "gough.web.api.scrape",
    "gough.web.api.agents", "gough.web.api.agent_list", "gough.web.api.metrics",
    "gough.web.api.machines", "gough.web.api.operations",
    "gough.web.api.locations", "gough.web.api.adoption", "gough.web.api.bulk", "gough.web.api.admission",
    "gough.web.api.deployments", "gough.web.api.playbook_runs",
    "gough.web.api.enlisting", "gough.web.api.catalogue", "gough.web.api.overview",
    "gough.web.api.jobs", "gough.web.api.windows", "gough.web.api.script_results",
    "gough.web.api.regions", "gough.web.api.fleet_servers", "gough.web.api.fleet_hosts",
    "gough.web.api.templates", "gough.web.api.template_uses", "gough.web.api.events",
    "gough.web.api.auth", "gough.web.api.api_keys", "gough.web.api.users", "gough.web.api.audit",
    "gough.web.api.description",
    "gough.web.portal.entry", "gough.web.portal.oidc",
    "gough.web.portal.account", "gough.web.portal.keys", "gough.web.portal.users",
    "gough.web.portal.audit", "gough.web.portal.dashboard", "gough.web.portal.machines",
    "gough.web.portal.agents", "gough.web.portal.styleguide",
    "gough.web.portal.script_results", "gough.web.portal.catalogue",
    "gough.web.portal.deploy", "gough.web.portal.jobs", "gough.web.portal.assets",
    "gough.web.portal.operating", "gough.web.portal.editing", "gough.web.portal.regions", "gough.web.portal.bulk_new",
    "gough.web.portal.bulk", "gough.web.portal.work", "gough.web.portal.windows", "gough.web.portal.template_pages",
    "gough.web.portal.template_compare", "gough.web.portal.template_try",
    "gough.web.portal.template_edit", "gough.web.portal.metrics", "gough.web.portal.top",
    "gough.web.portal.security", "gough.web.portal.fleet_servers",
)  # fmt: skip
HEARTBEAT_ROUTE = ("POST", "/api/v1/agents/<agent_id>/heartbeat")
HEARTBEAT = re.compile("/api/v1/agents/([^/]+)/heartbeat")
_embedded = False


def create(application: Application) -> Guard:
    """A callable for any WSGI server, serving this application. Several may live in one process."""
    site = Site.of(application)
    settings = site.settings
    return Guard(site, _past_py4web(_routes(settings.data_dir / "py4web", settings.key)), _error_page())


def boot() -> None:
    """What the app folder's shim calls. Under a py4web server of its own, it also wires Gough and adds the guard."""
    for module in OPERATIONS:
        import_module(module)
    from py4web import action  # noqa: PLC0415  (importing py4web costs 0.4 s, which the CLI should not pay)

    for found in REGISTRY.values():
        action(found.path, method=found.method)(_action(found))
    if not _embedded:
        _guard_py4web()


def _action(found: Operation) -> Callable[..., bytes]:
    def act(**parts: str) -> bytes:
        from py4web import request  # noqa: PLC0415

        _perform(found, request.environ, parts)
        return b""

    act.__name__ = f"{found.method} {found.path}"
    return act


def _perform(found: Operation, environ: dict[str, Any], parts: dict[str, str]) -> None:
    """Leaves the answer in the environ, whatever happens."""
    wanted = run_in(environ)
    wanted.route = found.path
    try:
        environ[ANSWER] = run(found, wanted, parts)
    except Exception as error:
        environ[ANSWER] = _told(found)(wanted, error)
    if found.is_for_programs and wanted.site.settings.debug:
        environ[BREACH] = _breach(found, wanted, environ[ANSWER])


def _past_py4web(inner: Wsgi) -> Wsgi:
    """What programs ask most is found without py4web, which costs a quarter of a small answer: addresses that have
    no parts, and heartbeats. Pages, and whatever is not found here, go through it.
    """
    plain = {key: found for key, found in REGISTRY.items() if found.is_for_programs and "<" not in found.path}

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if found := plain.get((method, path)):
            _perform(found, environ, {})
        elif method == "POST" and (agent := HEARTBEAT.fullmatch(path)):
            _perform(REGISTRY[HEARTBEAT_ROUTE], environ, {"agent_id": agent[1]})
        else:
            return inner(environ, start_response)
        return ()

    return answer


def _breach(found: Operation, wanted: Request, answer: Answer) -> contract.Breach | None:
    """What DEBUG does not let pass: an answer that is not in the documentation."""
    try:
        contract.require(found, wanted, answer)
    except contract.Breach as breach:
        return breach
    return None


def _told(found: Operation) -> Callable[[Request, Exception], Answer]:
    return _error_page() if found.is_page else lambda _request, error: as_problem(trouble_of(error))


def _error_page() -> Callable[[Request, Exception], Answer]:
    from gough.web.portal.page import error_page  # noqa: PLC0415

    return error_page


@cache
def _routes(folder: Path, secret: str) -> Wsgi:
    """py4web's own callable with our routes in it; once a process, whatever the folder."""
    global _embedded  # noqa: PLW0603
    if _embedded:
        return _default_app()
    _embedded = True
    apps = folder / "apps"
    with _alone(folder), redirect_stdout(StringIO()):  # py4web announces each app on stdout
        _write_apps(apps, secret)
        from py4web import core  # noqa: PLC0415

        core.wsgi(
            apps_folder=str(apps), app_names=APP, dashboard_mode="none", errorlog=":stderr", logging_level=30,
        )  # fmt: skip
        if fault := core.Reloader.ERRORS.get(APP):
            raise Misconfigured(f"The portal did not load: {fault}")
        if (parent := str(folder.resolve())) in sys.path:
            sys.path.remove(parent)  # only py4web's own loader needs it; a writable folder has no place there
    return _default_app()


def _default_app() -> Wsgi:
    from ombott import default_app  # noqa: PLC0415

    application = default_app()
    return lambda environ, start_response: type(application).wsgi(application, environ, start_response)


def _guard_py4web() -> None:
    """Under `py4web run`, which ends on SIGTERM: open answers have 2 s there, and then this process's end is ours."""
    from ombott import default_app  # noqa: PLC0415

    application = wire()
    settings = application.use.settings
    logs.configure("DEBUG" if settings.debug else settings.log_level)
    logging.getLogger("Rocket.Requests").disabled = True  # its lines hold paths, and paths hold tokens
    schema.require_newest(application.use.database)
    guard = Guard(Site.of(application), _default_app(), _error_page())
    on_end(guard.site.feed.close)
    atexit.register(application.close)
    application.start()
    default_app().wsgi = guard


def _write_apps(apps: Path, secret: str) -> None:
    shim = shared("apps") / APP / "__init__.py"
    _write(apps / "__init__.py", "")
    _write(apps / APP / "__init__.py", shim.read_text(encoding="utf-8"))
    # Nothing of ours uses py4web's sessions; this keeps workers from making a secret each.
    _write(apps / ".service" / "session.secret", sha256(f"py4web {secret}".encode()).hexdigest())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


@contextmanager
def _alone(folder: Path) -> Any:
    """One process at a time: py4web makes its service database without looking whether another does."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
