"""The portal's style sheet, script and icon."""

from gough.domain.errors import NotFound
from gough.web.message import Answer, Request
from gough.web.operation import Open, operation
from gough.web.portal.page import STATIC, asset

KINDS = {
    "portal.css": "text/css; charset=utf-8",
    "portal.js": "text/javascript; charset=utf-8",
    "pages.css": "text/css; charset=utf-8",
    **dict.fromkeys(("copy.js", "keys.js", "palette.js"), "text/javascript; charset=utf-8"),
    "icon.svg": "image/svg+xml",
}
FOR_GOOD = ("Cache-Control", "public, max-age=31536000, immutable")


@operation("GET /static/<name>", permission=Open.PUBLIC, summary="A static file of the portal.")
def static(request: Request, name: str) -> Answer:
    if name not in KINDS:
        raise NotFound(f"There is no file '{name[:80]}'.")
    current = asset(name).endswith(f"v={request.query.get('v', '')}")
    caching = FOR_GOOD if current else ("Cache-Control", "no-cache")
    return Answer(200, (STATIC / name).read_bytes(), (("Content-Type", KINDS[name]), caching))


@operation("GET /favicon.ico", permission=Open.PUBLIC, summary="The icon, for browsers that only ask here.")
def favicon(_request: Request) -> Answer:
    return Answer(200, (STATIC / "icon.svg").read_bytes(), (("Content-Type", KINDS["icon.svg"]),))
