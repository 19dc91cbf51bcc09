"""What MAAS's refusals mean to Gough: the one place where its answers become our errors.

Validation is 400 with JSON `{field: [messages]}` (`__all__` for the whole form); everything else is plain text,
except Django's own pages, which are HTML. https://maas.io/docs/api
"""

import re
from collections.abc import Callable, Mapping

import httpx
import orjson

from gough.adapters.outbound import Forbidden
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Outside, Problem, Refused, Unavailable

SYSTEM = "MAAS"
ELSEWHERE = "Give the region's own address. One on this computer needs GOUGH_MAAS_ON_LOOPBACK=true."
LONGEST = 600  # characters of MAAS's words; an HTML page of Django's is longer and says no more
WHOLE_FORM = "__all__"
_WRONG_STATE = "because of the current state of the node"
_HINTS = {
    401: "Check the region's API key, and that this host's clock is right.",
    403: "The key's user may not do this, or the machine is locked or belongs to somebody else.",
    405: "Check that MAAS_URL points at a MAAS region, such as http://maas:5240/MAAS/.",
    410: "Check that MAAS_URL points at a MAAS region that speaks API 2.0.",
}

Redact = Callable[[str], str]


def translate(response: httpx.Response, redact: Redact) -> GoughError:
    """The error of ours that an unsuccessful answer means, MAAS's words kept, secrets hidden."""
    status = response.status_code
    fields = _field_errors(response) if status == httpx.codes.BAD_REQUEST else {}
    if fields:
        return _validation_error(fields, redact)
    said = redact(_words(response))
    if status >= 500 or status in {408, 429} or "retry-after" in response.headers:
        return Unavailable(SYSTEM, f"{status} {said}")  # Retry-After: its database asks to try again
    match status:
        case 400:
            return Invalid(f"{SYSTEM}: {said}")
        case 404:
            return NotFound(f"{SYSTEM}: {said}")
        case 409:
            return Conflict(f"{SYSTEM}: {said}")
        case _ if 400 <= status < 500:
            return Refused(SYSTEM, said, hint=_HINTS.get(status, ""))
    hint = "Check MAAS_URL: something other than a MAAS region, or a redirecting proxy, answers there."
    return Unavailable(SYSTEM, f"answered {status} {said}", hint=hint)


def unreachable(error: httpx.HTTPError, url: str, redact: Redact) -> Outside:
    """No usable HTTP answer at all: refused, reset, timed out, garbled, or not even asked."""
    said = redact(str(error)) or type(error).__name__
    if isinstance(error, Forbidden):
        return Refused(SYSTEM, f"{url} was not asked: {said}.", hint=ELSEWHERE)
    return Unavailable(SYSTEM, f"no answer from {url}: {said}")


def unreadable(response: httpx.Response, problem: str, excerpt: str = "") -> Unavailable:
    """A success that is not what the API promises: usually a proxy's page, or another product's."""
    kind = response.headers.get("content-type", "no content type")
    quoted = f', starting with "{excerpt}"' if excerpt else ""
    what = f"{response.status_code} with {len(response.content)} bytes of {kind}{quoted}: {problem}"
    hint = "Check that MAAS_URL points at a MAAS 3.4 to 3.7 region and that no proxy answers in its place."
    return Unavailable(SYSTEM, f"unusable answer, {what}", hint=hint)


def _field_errors(response: httpx.Response) -> Mapping[str, list[str]]:
    """`{field: [messages]}`, empty when the body has another form."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(body, dict):
        return {}
    return {field: [str(m) for m in said] if isinstance(said, list) else [str(said)] for field, said in body.items()}


def _validation_error(fields: Mapping[str, list[str]], redact: Redact) -> GoughError:
    problems = [
        Problem("" if field == WHOLE_FORM else f"/{field}", redact(message))
        for field, messages in fields.items()
        for message in messages
    ]
    said = "; ".join(f"{p.pointer[1:]}: {p.message}" if p.pointer else p.message for p in problems)
    text = f"{SYSTEM}: {said[:LONGEST]}"
    if any(_WRONG_STATE in p.message for p in problems if not p.pointer):
        return Conflict(text)  # commission and test answer a wrong state as if the form were wrong
    return Invalid(text, problems=problems)


def _words(response: httpx.Response) -> str:
    text = response.text
    if text.lstrip().startswith("<"):
        text = re.sub(r"<(head|style|script)\b.*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    said = " ".join(text.split())[:LONGEST].strip('"')
    return said or response.reason_phrase or "no explanation"
