"""The portal's style sheets, scripts and icon; what is bundled from npm's packages lies in `built`."""

import gzip
from functools import cache
from pathlib import Path

from gough.domain.errors import NotFound
from gough.web.message import Answer, Request
from gough.web.operation import Open, operation
from gough.web.portal.page import STATIC, asset, file_of

KINDS = {
    "portal.css": "text/css; charset=utf-8",
    "portal.js": "text/javascript; charset=utf-8",
    "pages.css": "text/css; charset=utf-8",
    **dict.fromkeys(("copy.js", "keys.js", "palette.js"), "text/javascript; charset=utf-8"),
    "icon.svg": "image/svg+xml",
    "charts.css": "text/css; charset=utf-8",
    "editor.css": "text/css; charset=utf-8",
    "uplot.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "charts.js": "text/javascript; charset=utf-8",
    "editor.js": "text/javascript; charset=utf-8",
}
FOR_GOOD = ("Cache-Control", "public, max-age=31536000, immutable")


@operation("GET /static/<name>", permission=Open.PUBLIC, summary="A static file of the portal.")
def static(request: Request, name: str) -> Answer:
    file = file_of(name) if name in KINDS else None
    if file is None:
        raise NotFound(f"There is no file '{name[:80]}'.")
    current = asset(name).endswith(f"v={request.query.get('v', '')}")
    caching = FOR_GOOD if current else ("Cache-Control", "no-cache")
    headers = (("Content-Type", KINDS[name]), caching, ("Vary", "Accept-Encoding"))
    if "gzip" in request.header("Accept-Encoding"):
        return Answer(200, _packed(file, asset(name)), (*headers, ("Content-Encoding", "gzip")))
    return Answer(200, file.read_bytes(), headers)


@cache
def _packed(file: Path, _version: str) -> bytes:
    """Nothing in these files is secret, so that their size may tell what it likes."""
    return gzip.compress(file.read_bytes(), mtime=0)


@operation("GET /favicon.ico", permission=Open.PUBLIC, summary="The icon, for browsers that only ask here.")
def favicon(_request: Request) -> Answer:
    return Answer(200, (STATIC / "icon.svg").read_bytes(), (("Content-Type", KINDS["icon.svg"]),))
