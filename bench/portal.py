"""The portal with 10,000 machines: what its first pages cost the server, and when a browser shows them and obeys."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import databases, load, seeding, server
from bench.figure import Effort, Figure, in_turn, median_of
from bench.http_list import COOKIE, signed_in

MACHINES = 10_000
PAGES = {"/": "overview", "/machines": "list of machines", "/machines?q=rack-049": "list, text search"}
NOTE = "SQLite, signed in"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
NEXT_FRAME = """type => new Promise(done => addEventListener(type, event => requestAnimationFrame(
    () => setTimeout(() => done(performance.now() - event.timeStamp))), {once: true, capture: true}))"""
"""Milliseconds from the next event of that type to the frame after it."""
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def measure(effort: Effort) -> list[Figure]:
    count = effort.count(MACHINES)
    with TemporaryDirectory(prefix="gough-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'gough.db'}"
        with databases.wired(url, folder) as application:
            seeding.machines(application.use.database, count)
            secret = signed_in(application.use)
        with server.gough(folder, url) as (_, port):
            note = f"{count:,} machines, {NOTE}"
            return [*_answers(port, secret, effort, note), *_browser(port, secret, effort, note)]


def _answers(port: int, secret: str, effort: Effort, note: str) -> list[Figure]:
    figures = []
    headers = {"Cookie": f"{COOKIE}={secret}"}
    for path, name in PAGES.items():
        ours, bare = partial(load.once, port, path, headers), partial(load.once, port, "/login", {})
        shown, nothing = in_turn(effort.rounds * 3, ours, bare)
        figures.append(Figure(f"GET {path}", shown, "ms", nothing, "GET /login", f"{name}, {note}"))
    return figures


def _browser(port: int, secret: str, effort: Effort, note: str) -> list[Figure]:
    if CHROMIUM is None:
        return []
    url = f"http://127.0.0.1:{port}"
    with _page(CHROMIUM, url, secret) as page:
        figures = []
        for path, name in PAGES.items():
            ours, bare = partial(_paint, page, f"{url}{path}"), partial(_paint, page, f"{url}/healthz")
            painted, nothing = in_turn(effort.rounds, ours, bare)
            about = f"Chromium, {name}, {note}"
            figures.append(Figure(f"first paint of {path}", painted, "ms", nothing, "first paint of /healthz", about))
        page.goto(f"{url}/machines")
        for name, event, act in (
            ("Ctrl-K to its frame", "keydown", lambda: page.keyboard.press("Control+k")),
            ("ticking every machine", "click", lambda: page.locator("[data-pick=id]").click()),
        ):
            taken = median_of(effort.rounds, partial(_interaction, page, event, act))
            figures.append(Figure(name, taken, "ms", note=f"Chromium, from the event to the frame, {note}"))
    return figures


@contextmanager
def _page(chromium: str, url: str, secret: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": COOKIE, "value": secret, "url": url}])
        yield context.new_page()
        browser.close()


def _paint(page: Any, url: str) -> float:
    page.goto(url)
    page.wait_for_function(f"() => {PAINTED} > 0")
    return float(page.evaluate(PAINTED))


def _interaction(page: Any, event: str, act: Any) -> float:
    page.keyboard.press("Escape")
    page.evaluate(f"type => {{ window.taken = ({NEXT_FRAME})(type); }}", event)
    act()
    return float(page.evaluate("() => window.taken"))
