"""The machine list over HTTP: signed in, through the whole server, against the answer that needs no database."""

from pathlib import Path

from bench import databases, load, server
from bench.figure import Effort, Figure, in_turn
from gough.persistence.models import Setting
from gough.services import people
from gough.services.context import Use
from gough.services.secrets import hash_secret

NAME, PASSWORD, SETUP = "bench", "a long pass phrase for a benchmark", "set-up secret of a benchmark"
COOKIE = "gough_session"


def http_figures(url: str, folder: Path, *, page: int, effort: Effort) -> list[Figure]:
    path = f"/api/v1/machines?limit={page}"
    with databases.wired(url, folder) as application:
        cookie = f"{COOKIE}={signed_in(application.use)}"
    with server.gough(folder, url) as (_, port):
        rounds = effort.rounds * 5
        listed, nothing = in_turn(
            rounds, lambda: load.once(port, path, {"Cookie": cookie}), lambda: load.once(port, "/healthz", {})
        )
    return [Figure(f"GET /api/v1/machines?limit={page}", listed, "ms", nothing, "GET /healthz", "over HTTP, SQLite")]


def signed_in(use: Use) -> str:
    """A session's secret, made by the use cases that the portal's forms call."""
    with use.database.write() as session:
        session.merge(Setting(name=people.SETUP, value=hash_secret(SETUP)))
    people.set_up(use, SETUP, NAME, PASSWORD)
    return people.sign_in(use, NAME, PASSWORD, address="127.0.0.1")[0]
