"""What a browser loads for a page, compressed: HTML, style sheets and scripts."""

import gzip
import re

import pytest

from gough.bootstrap import Application
from gough.web.portal.page import asset
from tests.integration.web.conftest import Client
from tests.support import measured
from tests.support.require import need

MOST = 60 * 1024
LOADED = re.compile(r'(?:<link rel="stylesheet" href|<script type="module" src)="([^"]+)"')
PAGES = ("/", "/jobs", "/work", "/templates", "/regions", "/top", "/machines/web-1", "/machines/web-1/metrics")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_weighs_no_more_than_60_kb(application: Application, admin: Client, path: str) -> None:
    need(asset("live.js"), "the portal's scripts", "make assets")
    measured.machine(application.use, "web-1")
    page = admin.get(path)
    assert page.status_code == 200
    files = LOADED.findall(page.text)
    assert any("live.js" in file for file in files)
    weights = {file: len(gzip.compress(admin.get(file).content)) for file in files}
    weights[path] = len(gzip.compress(page.content))
    assert sum(weights.values()) <= MOST, weights


def test_a_file_is_sent_compressed_to_who_takes_that(outsider: Client) -> None:
    plain = outsider.get(asset("portal.css"), headers={"Accept-Encoding": "identity"})
    packed = outsider.get(asset("portal.css"), headers={"Accept-Encoding": "gzip"})
    assert plain.headers.get("Content-Encoding") is None and packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 3
    assert packed.content == plain.content and "immutable" in packed.headers["Cache-Control"]
    assert outsider.get("/static/none.js").status_code == 404
