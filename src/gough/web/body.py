"""Reading a request's body, capped before anything parses it."""

import zlib
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from gough.domain.errors import Invalid, Problem
from gough.web.message import Request
from gough.web.problem import Fault
from gough.web.reading import Places

BODY_CAP = 1024 * 1024
FORM_CAP = 64 * 1024  # py4web's and everybody's form parsers are slow on large input
Model = TypeVar("Model", bound=BaseModel)
NUL = b"\\u0000"  # PostgreSQL stores no such text
FORM = "application/x-www-form-urlencoded"
UNREAD = (("Connection", "close"),)  # else what is left of the body would be taken for the next request


def read_body(environ: Mapping[str, Any], places: Places) -> tuple[bytes, bytes]:
    """The body, unpacked; and packed as it came, empty when it was not. Raises Fault 400, 411, 413, 415 or 503."""
    kind = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    cap = FORM_CAP if kind == FORM else BODY_CAP
    raw = _read(environ, cap, places)
    encoding = str(environ.get("HTTP_CONTENT_ENCODING", "")).strip().lower()
    if encoding in ("", "identity"):
        return raw, b""
    if encoding != "gzip":
        raise Fault(
            415, "UNSUPPORTED_ENCODING", f"The content encoding '{encoding[:40]}' is not supported.", hint="gzip is."
        )
    return _unpack(raw, cap), raw


def parse_json(request: Request) -> Any:
    """The body as JSON; an empty one is `{}`. Raises Fault 400 or 415."""
    kind = request.header("Content-Type").partition(";")[0].strip().lower()
    if kind and kind != "application/json":  # cloud-init sends none
        raise Fault(415, "UNSUPPORTED_MEDIA_TYPE", f"The body is {kind[:80]}.", hint="Send application/json.")
    if NUL in request.body:
        problem = Problem("", "contains the character U+0000")
        raise Invalid("The body has a character that no text may hold.", problems=[problem])
    try:
        return orjson.loads(request.body) if request.body else {}
    except orjson.JSONDecodeError as error:
        raise Fault(400, "MALFORMED", f"The body is not JSON: {error}.", hint="Send one JSON object.") from None


def parse_model(request: Request, model: type[Model]) -> Model:
    """The body as `model`. Raises Invalid with every field that is wrong, by its pointer; never the value."""
    return as_model(parse_json(request), model)


def as_model(value: Any, model: type[Model], *, at: str = "") -> Model:
    """A part of a body as `model`; `at` is where it stands. Raises as `parse_model` does."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = [Problem(at + _pointer(e["loc"]), e["msg"]) for e in error.errors(include_input=False)]
        raise Invalid("The body does not have the form this operation takes.", problems=problems) from None


def too_large(cap: int) -> Fault:
    return Fault(413, "TOO_LARGE", f"The body is larger than {cap} bytes.", hint="Send less.", headers=UNREAD)


def _pointer(path: tuple[int | str, ...]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _read(environ: Mapping[str, Any], cap: int, places: Places) -> bytes:
    if environ.get("HTTP_TRANSFER_ENCODING"):
        # What granian hands out of a chunked body that breaks off looks like a whole one.
        hint = "Send it whole, with a Content-Length."
        raise Fault(411, "LENGTH_REQUIRED", "The body comes in chunks.", hint=hint, headers=UNREAD)
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length and not (length.isascii() and length.isdecimal()):
        raise Fault(400, "MALFORMED", "Content-Length is not a number.", headers=UNREAD)
    if length and int(length) > cap:
        raise too_large(cap)
    size = int(length or 0)
    if not size:
        return b""
    with places.one(str(environ.get("REMOTE_ADDR") or "")):
        raw: bytes = environ["wsgi.input"].read(size)
    if len(raw) != size:
        raise Fault(400, "MALFORMED", "The body breaks off before its Content-Length.", hint="Send it again.")
    return raw


def _unpack(raw: bytes, cap: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        clear = unpacker.decompress(raw, cap + 1)
    except zlib.error:
        raise Fault(400, "MALFORMED", "The body is not valid gzip.") from None
    if len(clear) > cap:
        raise too_large(cap)
    if not unpacker.eof:
        raise Fault(400, "MALFORMED", "The gzip body is cut short.")
    return clear
