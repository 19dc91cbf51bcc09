"""Every page before axe, in both themes and at both widths; none of them makes a browser's console complain."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from gough.web.operation import REGISTRY
from gough.web.wsgi import OPERATIONS
from tests.e2e.conftest import Served, enter
from tests.support import npm
from tools.portal_pages import shown

pytestmark = [pytest.mark.browser, pytest.mark.timeout(480)]

AXE = Path(__file__).parents[1] / "support" / "axe"
LOOKS = (("light", 1440), ("dark", 390))  # colours are the same at every width, layout in every theme
ELSEWHERE = ("/login/oidc", "/login/oidc/callback", "/favicon.ico", "/machines/<name>/metrics/points")  # no pages


class Looks:
    """Looks at a page with axe in each theme; what it finds, and where it was."""

    def __init__(self, page: Any, served: Served) -> None:
        axe = npm.modules(AXE) / "node_modules" / "axe-core" / "axe.min.js"
        page.add_init_script(axe.read_text(encoding="utf-8"))
        self._page, self._served = page, served
        self.findings: list[str] = []
        self.visited: set[str] = set()

    def __call__(self, title: str) -> None:
        page = self._page
        self.visited.add(page.url.removeprefix(self._served.url).partition("?")[0])
        for theme, width in LOOKS:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            self.findings.extend(f"{title}, {theme}, {width}: {said}" for said in _axe(page))
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.findings.extend([f"{title}, {width}: {over} pixels wider than the window"] if over > 0 else [])


def test_axe_finds_nothing_on_any_page(furnished: Served, page: Any) -> None:
    look = Looks(page, furnished)
    enter(page, furnished, look)
    for title in shown(page, furnished.url):
        look(title)
    assert not look.findings, "\n".join(look.findings)
    for module in OPERATIONS:
        import_module(module)  # another test may have loaded some, or none
    paths = [found.path for found in REGISTRY.values() if found.is_page and found.method == "GET"]
    pages = [path for path in paths if "live" not in path.split("/") and path not in ELSEWHERE]
    patterns = {path: re.compile(re.sub(r"<\w+>", "[^/]+", path)) for path in pages}
    missed = [path for path in pages if not any(patterns[path].fullmatch(seen) for seen in look.visited)]
    assert missed == []


def test_what_a_live_region_tells_is_read_and_has_no_findings(following: Served, page: Any) -> None:
    look = Looks(page, following)
    enter(page, following)
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="node-01").click()
    page.locator("summary", has_text="Commission…").click()
    page.locator("details[open]").get_by_role("button", name="Commission").click()
    page.locator(".facts-line", has_text="Ready").wait_for(timeout=60_000)
    page.get_by_role("link", name="What MAAS's scripts found").click()
    page.get_by_role("heading", name="Testing").wait_for()
    look("results")
    page.get_by_role("link", name="smartctl-validate").first.click()
    page.get_by_label("Output of smartctl-validate").first.wait_for()
    look("result")
    page.get_by_role("link", name="Regions", exact=True).click()
    page.get_by_role("link", name="Images").click()
    page.get_by_role("row", name="ubuntu/noble").first.wait_for()
    look("images")
    page.get_by_role("link", name="Networks").click()
    page.get_by_role("row", name="MTU").first.wait_for()
    look("networks")
    assert not look.findings, "\n".join(look.findings)


def _axe(page: Any) -> list[str]:
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
