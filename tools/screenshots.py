"""Pictures of every page of the portal that runs at URL: `python -m tools.screenshots URL NAME PASSWORD OUT`."""

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

WIDTHS = (1440, 390)
THEMES = ("light", "dark")
CHROMIUM = "/usr/bin/chromium"


def main(url: str, name: str, password: str, out: str) -> None:
    """Every page in both themes and widths, as OUT/page-theme-width.png."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for theme, width in product(THEMES, WIDTHS):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
            page.goto(f"{url}/login")
            page.screenshot(path=folder / f"login-{theme}-{width}.png")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Sign in").click()
            for title, path in _pages(page, url):
                page.goto(f"{url}{path}")
                page.screenshot(path=folder / f"{title}-{theme}-{width}.png", full_page=width < 1000)
            page.close()
        browser.close()


def _pages(page: Page, url: str) -> Iterator[tuple[str, str]]:
    yield "machines", "/"
    for title, state in (("machine", "in_service"), ("machine-failed", "attention"), ("machine-out", "out")):
        path = _first(page, f"{url}/?service={state}", "/machines/")
        if path:
            yield title, path
            yield f"{title}-deploy", f"{path}/deploy?template=docker-host"
    yield "jobs", "/jobs"
    if job := _first(page, f"{url}/jobs", "/jobs/"):
        yield "job", job
    yield "missing", "/machines/no-such-machine"


def _first(page: Page, address: str, prefix: str) -> str:
    page.goto(address)
    link = page.locator(f"main a[href^='{prefix}']").first
    return str(link.get_attribute("href")) if link.count() else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
