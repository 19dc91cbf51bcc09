"""What Fleet's refusals mean to Gough: the one place where its answers become our errors.

A refusal is JSON `{message, errors: [{name, reason}], uuid}`; a path that its router does not know is Go's plain
text, and what stands before it answers HTML. https://fleetdm.com/docs/rest-api/rest-api#api-errors
"""

import re
from collections.abc import Callable, Mapping

import httpx
import orjson

from gough.adapters.outbound import Forbidden
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Outside, Problem, Refused, Unavailable

SYSTEM = "Fleet"
LONGEST = 600  # characters of its words
WHOLE_REQUEST = "base"
NO_ROUTE = "404 page not found"  # Go's own words: no such path, whereas a missing thing is JSON
_CHECK_URL = "Check that the address is a Fleet server's, with its URL prefix if it has one."
_HINTS: Mapping[int, str] = {
    401: "Check the token: it belongs to an API-only user and ends with that user or its password.",
    402: "This needs Fleet Premium; Gough works without it.",
    403: "The token's user may not do this. Give the token of an API-only user whose role is admin.",
    405: _CHECK_URL,
}

Redact = Callable[[str], str]


class NoRoute(NotFound):
    """The server has no such path at all: it is older or newer than the path, or no Fleet."""


def translate(response: httpx.Response, redact: Redact) -> GoughError:
    """The error of ours that an unsuccessful answer means, Fleet's words kept, secrets hidden."""
    status = response.status_code
    problems = _problems(response, redact)
    said = _said(problems) or redact(_words(response))
    if status >= 500 or status in {408, 429}:
        return Unavailable(SYSTEM, f"{status} {said}", hint=_when(response))
    match status:
        case 400 | 422:
            named = tuple(problem for problem in problems if problem.pointer)
            return Invalid(f"{SYSTEM}: {said}", problems=named)
        case 404 if not problems:
            return NoRoute(f"{SYSTEM}: {said}", hint=_CHECK_URL)
        case 404:
            return NotFound(f"{SYSTEM}: {said}")
        case 409:
            return Conflict(f"{SYSTEM}: {said}")
        case _ if 400 <= status < 500:
            return Refused(SYSTEM, said, hint=_HINTS.get(status, ""))
    return Unavailable(SYSTEM, f"answered {status} {said}", hint=_CHECK_URL)


def unreachable(error: httpx.HTTPError, url: str, redact: Redact) -> Outside:
    """No usable HTTP answer at all: refused, reset, timed out, garbled, not trusted, or not even asked."""
    said = redact(str(error)) or type(error).__name__
    if isinstance(error, Forbidden):
        hint = "Give the server's own address. One on this computer needs GOUGH_MAAS_ON_LOOPBACK=true."
        return Refused(SYSTEM, f"{url} was not asked: {said}.", hint=hint)
    hint = "Give the server's CA certificate with it." if "CERTIFICATE" in said.upper() else ""
    return Unavailable(SYSTEM, f"no answer from {url}: {said}", hint=hint)


def unreadable(response: httpx.Response, problem: str, excerpt: str = "") -> Unavailable:
    """A success that is not what the API promises: usually a proxy's page, or another product's."""
    kind = response.headers.get("content-type", "no content type")
    quoted = f', starting with "{excerpt}"' if excerpt else ""
    what = f"{response.status_code} with {len(response.content)} bytes of {kind}{quoted}: {problem}"
    return Unavailable(SYSTEM, f"unusable answer, {what}", hint=_CHECK_URL)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds; Fleet sends a number. A date, which proxies may send, is not worth reading."""
    given = response.headers.get("retry-after", "")
    return float(given) if re.fullmatch(r"\d{1,6}", given) else None


def _when(response: httpx.Response) -> str:
    seconds = retry_after(response)
    return "" if seconds is None else f"Try again in {seconds:g} s; Fleet limits how often it may be asked."


def _problems(response: httpx.Response, redact: Redact) -> list[Problem]:
    """Fleet's own list; empty when the body is not Fleet's."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return []
    if not isinstance(body, dict):
        return []
    listed = [each for each in body.get("errors") or () if isinstance(each, dict)]
    problems = [_problem(each, redact) for each in listed]
    message = body.get("message") or body.get("error")  # osquery's endpoints say `error`
    return problems or ([Problem("", redact(str(message))[:LONGEST])] if message else [])


def _problem(one: Mapping[str, object], redact: Redact) -> Problem:
    name = str(one.get("name") or WHOLE_REQUEST)
    reason = redact(str(one.get("reason") or "no reason given"))[:LONGEST]
    return Problem("" if name == WHOLE_REQUEST else f"/{name}", reason)


def _said(problems: list[Problem]) -> str:
    said = "; ".join(f"{p.pointer[1:]}: {p.message}" if p.pointer else p.message for p in problems)
    return said[:LONGEST]


def _words(response: httpx.Response) -> str:
    text = response.text
    if text.lstrip().startswith("<"):
        text = re.sub(r"<(head|style|script)\b.*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(text.split())[:LONGEST] or response.reason_phrase or "no explanation"
