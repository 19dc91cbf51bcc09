"""Every page before axe, in both themes and at both widths; none of them makes a browser's console complain."""

import re
from pathlib import Path
from typing import Any

import pytest

from gough.web.operation import REGISTRY
from tests.e2e.conftest import Served, enter
from tests.support import npm
from tools.portal_pages import shown

pytestmark = [pytest.mark.browser, pytest.mark.timeout(480)]

AXE = Path(__file__).parents[1] / "support" / "axe"
LOOKS = (("light", 1440), ("dark", 390))  # colours are the same at every width, layout in every theme
ELSEWHERE = ("/login/oidc", "/login/oidc/callback", "/favicon.ico")  # no pages: they redirect


def test_axe_finds_nothing_on_any_page(furnished: Served, page: Any) -> None:
    axe = (npm.modules(AXE) / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    page.add_init_script(axe)
    findings: list[str] = []
    visited: set[str] = set()

    def look(title: str) -> None:
        visited.add(page.url.removeprefix(furnished.url).partition("?")[0])
        for theme, width in LOOKS:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            findings.extend(f"{title}, {theme}, {width}: {said}" for said in _axe(page))

    enter(page, furnished, look)
    for title in shown(page, furnished.url):
        look(title)
    assert not findings, "\n".join(findings)
    paths = [found.path for found in REGISTRY.values() if found.is_page and found.method == "GET"]
    pages = [path for path in paths if "live" not in path.split("/") and path not in ELSEWHERE]
    patterns = {path: re.compile(re.sub(r"<\w+>", "[^/]+", path)) for path in pages}
    missed = [path for path in pages if not any(patterns[path].fullmatch(seen) for seen in visited)]
    assert missed == []


def _axe(page: Any) -> list[str]:
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
