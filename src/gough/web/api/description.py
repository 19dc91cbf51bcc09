"""The API's description of itself: for programs, and as a page."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gough.web import openapi
from gough.web.declaration import Media
from gough.web.message import HTML, Answer, Request
from gough.web.operation import Open, operation

HERE = Path(__file__).parent
DOCUMENT = Media("application/json", example={"openapi": "3.1.0"})
STYLE = "/static/portal.css"


@operation(
    "GET /openapi.json", permission=Open.PUBLIC, gives={200: DOCUMENT, 304: None},
    summary="This description, OpenAPI 3.1.",
)  # fmt: skip
def description(request: Request) -> Answer:
    content = openapi.document()
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = (("ETag", tag), ("Cache-Control", "no-cache"), ("Content-Type", "application/json"))
    if request.header("If-None-Match") == tag:
        return Answer(304, b"", headers)
    return Answer(200, content, headers)


@operation("GET /docs", permission=Open.PUBLIC, is_page=True, summary="The API's operations, to be read.")
def page(_request: Request) -> Answer:
    return Answer(200, _drawn(), (("Content-Type", HTML), ("Cache-Control", "no-cache")))


@cache
def _drawn() -> bytes:
    described: dict[str, Any] = orjson.loads(openapi.document())

    def resolve(schema: dict[str, Any]) -> dict[str, Any]:
        """What a reference is to."""
        found: dict[str, Any] = schema
        if "$ref" in schema:
            kind, name = schema["$ref"].rsplit("/", 2)[1:]
            found = described["components"][kind][name]
        return {"content": {}, **found} if "description" in found and "headers" in found else found

    drawing = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = drawing.get_template("description.html")
    return template.render(described=described, resolve=resolve, style=STYLE).encode()
