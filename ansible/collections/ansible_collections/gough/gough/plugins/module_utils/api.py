# Copyright: The Gough authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gough's HTTP API, as far as an inventory and a few modules need it."""

from __future__ import annotations

import json
import os
import time
import uuid
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit

from ansible.module_utils.urls import open_url

PAGE = 200  # the most the API gives
TRIES = 4
PAUSES = (1, 2, 4)
AGAIN = (429, 502, 503, 504)

ARGUMENTS = {
    "url": {"type": "str"},
    "token": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
}


class ApiError(Exception):
    """The server said no, or nothing. `status` is 0 where there was no answer; `problem` is what it said (RFC 9457)."""

    def __init__(self, message, status=0, problem=None):
        super().__init__(message)
        self.status = status
        self.problem = problem or {}


class Api:
    """One server. Every method raises ApiError.

    GETs, and changes that carry an Idempotency-Key or an ETag, are tried again where the server is busy or unreachable.
    """

    def __init__(self, url, token, ca_path=None, timeout=30, pause=time.sleep):
        if not url:
            raise ApiError("No address of a Gough server: set 'url' or GOUGH_URL.")
        if not token:
            raise ApiError("No API key for Gough: set 'token' or GOUGH_TOKEN. 'gough api-key create' makes one.")
        if urlsplit(url).scheme not in ("http", "https"):
            raise ApiError("'url' has to begin with https:// (or http://, on loopback and in labs): %s" % url)
        self._url, self._token = url.rstrip("/"), token
        self._ca_path, self._timeout, self._pause = ca_path, timeout, pause

    def get(self, path, query=None):
        """The answer's JSON."""
        return self._send("GET", path, query)[0]

    def find(self, path):
        """(the thing, its ETag), or (None, None) where there is no such thing."""
        try:
            return self._send("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None, None
            raise

    def pages(self, path, query=None):
        """The pages of a list, each a list of items."""
        query = dict(query or {}, limit=PAGE)
        while True:
            page = self.get(path, query)
            yield page["items"]
            if not page["next_cursor"]:
                return
            query["cursor"] = page["next_cursor"]

    def post(self, path, body):
        """Once, however often it has to be sent."""
        return self._send("POST", path, body=body, headers={"Idempotency-Key": str(uuid.uuid4())})[0]

    def put(self, path, body, etag):
        return self._send("PUT", path, body=body, headers={"If-Match": etag})[0]

    def delete(self, path, etag):
        self._send("DELETE", path, headers={"If-Match": etag})

    def _send(self, method, path, query=None, body=None, headers=None):
        url = "%s/api/v1%s" % (self._url, path)
        if query:
            url += "?" + urlencode(query, doseq=True)
        headers = dict(headers or {}, Authorization="Bearer " + self._token, Accept="application/json")
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body), "application/json"
        for left in reversed(range(TRIES)):
            try:
                return self._once(method, url, data, headers)
            except ApiError as error:
                if not left or not (error.status in AGAIN or error.status == 0):
                    raise
                self._pause(_wait(error, TRIES - 1 - left))
        raise AssertionError("unreachable")

    def _once(self, method, url, data, headers):
        try:
            answer = open_url(
                url, method=method, data=data, headers=headers, timeout=self._timeout, ca_path=self._ca_path,
                follow_redirects="none", http_agent="gough-ansible",
            )  # fmt: skip
            with answer:
                text = answer.read()
                return (json.loads(text) if text else None), answer.headers.get("ETag")
        except HTTPError as error:
            raise _refused(method, url, error) from error
        except (URLError, OSError, ValueError) as error:
            raise ApiError("%s %s: no answer of Gough's: %s" % (method, url, error)) from error


def api_of(options):
    """`options`: what ARGUMENTS describes; the environment stands in for what is not given."""
    given = {name: options.get(name) or os.environ.get(variable) for name, variable in ENVIRONMENT.items()}
    return Api(given["url"], given["token"], given["ca_path"], options.get("timeout") or 30)


def path(*parts):
    """`/machines/node%2001`: each part made safe."""
    return "".join("/" + quote(str(part), safe="@") for part in parts)


ENVIRONMENT = {"url": "GOUGH_URL", "token": "GOUGH_TOKEN", "ca_path": "GOUGH_CA_FILE"}


def _wait(error, turn):
    """Seconds: what the server asks for, a minute at most."""
    asked = error.problem.get("retry_after")
    return min(int(asked), 60) if asked and str(asked).isdigit() else PAUSES[turn]


def _refused(method, url, error):
    try:
        problem = json.loads(error.read() or b"{}")
    except (ValueError, OSError):
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    problem["retry_after"] = error.headers.get("Retry-After")
    said = [problem.get("detail") or problem.get("title") or error.reason]
    said += ["%s: %s" % (each.get("pointer"), each.get("message")) for each in problem.get("errors") or ()]
    if problem.get("hint"):
        said.append(problem["hint"])
    return ApiError(
        "%s %s: %s %s" % (method, urlsplit(url).path, error.code, " ".join(map(str, said))), error.code, problem
    )
