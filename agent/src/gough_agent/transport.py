"""JSON over one kept-alive HTTP connection. Redirects and proxies aren't followed: the key goes to one place."""

import http.client
import json
import ssl
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gough_agent import __version__
from gough_agent.errors import Refused, Unreachable

TIMEOUT_SECONDS = 10.0  # longer than a busy server needs, short enough not to miss a heartbeat at 60 s
COMPRESS_ABOVE_BYTES = 1024
MAX_ANSWER_BYTES = 64 * 1024
PIECE_BYTES = 64 * 1024


class Transport:
    def __init__(self, server_url: str, ca_file: Path | None = None, timeout: float = TIMEOUT_SECONDS) -> None:
        self._url = urlsplit(server_url)
        self._ca_file = ca_file
        self._timeout = timeout
        self._context: ssl.SSLContext | None = None
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, message: dict[str, Any] | bytes, key: str | None = None) -> dict[str, Any]:
        """The answer of a 2xx. Raises Refused with the server's words, or Unreachable.

        A message in bytes is JSON already. `key` is sent as a bearer token. The server must tolerate repetition:
        a connection that was closed while idle is only noticed by using it, and then the request is sent once more
        on a new one.
        """
        body, headers = _packed(message if isinstance(message, bytes) else encoded(message))
        if key:
            headers["Authorization"] = f"Bearer {key}"
        reused = self._connection is not None
        try:
            try:
                return self._exchange(path, body, headers)
            except (ConnectionError, ssl.SSLEOFError, http.client.BadStatusLine):
                self.close()
                if not reused:
                    raise
                return self._exchange(path, body, headers)
        except (OSError, http.client.HTTPException, UnicodeError) as error:  # UnicodeError: an impossible host name
            self.close()
            raise self._unreachable(error) from error

    def fetch(self, path: str, write: Callable[[bytes], object], max_bytes: int) -> None:
        """Hand the content at `path` to `write`, in pieces. Raises Refused, or Unreachable when it is longer."""
        self.close()  # a connection of its own: what is left of a long answer must not be read as the next
        try:
            connection = self._connection = self._connect()
            connection.request("GET", self._url.path + path, headers={"User-Agent": f"gough-agent/{__version__}"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise Refused(answer.status, f"{path}: {answer.reason}")
            left = max_bytes
            while piece := answer.read(PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    raise Unreachable(f"{self._where()}{path} is longer than {max_bytes} bytes")
                write(piece)
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            self.close()

    def server_date(self) -> float | None:
        """Unix time as the server's HTTP says it, whatever it answers; None where it doesn't. Raises Unreachable."""
        from email.utils import parsedate_to_datetime

        try:
            connection = self._connect()
            connection.request("GET", f"{self._url.path}/healthz", headers={"User-Agent": f"gough-agent/{__version__}"})
            date = connection.getresponse().getheader("Date")
            connection.close()
            return parsedate_to_datetime(date).timestamp() if date else None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unreachable(error) from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        connection = self._connection = self._connection or self._connect()
        connection.request("POST", self._url.path + path, body, headers)
        answer = connection.getresponse()
        text = answer.read(MAX_ANSWER_BYTES + 1)
        if answer.will_close or len(text) > MAX_ANSWER_BYTES:
            self.close()
        content = _decoded(text)
        if not 200 <= answer.status < 300:
            words = content or {}
            raise Refused(
                answer.status,
                str(words.get("detail") or answer.reason),
                str(words.get("hint") or ""),
                _retry_after(answer.getheader("Retry-After")),
            )
        if content is None:
            raise Unreachable(f"{self._where()} answered {answer.status} without JSON: is this Gough's address?")
        return content

    def _connect(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "http":
            return http.client.HTTPConnection(host, self._url.port, timeout=self._timeout)
        if self._context is None:
            # With a CA file that CA alone is trusted, not the system's hundred.
            self._context = ssl.create_default_context(cafile=self._ca_file)
        return http.client.HTTPSConnection(host, self._url.port, timeout=self._timeout, context=self._context)

    def _unreachable(self, error: Exception) -> Unreachable:
        if isinstance(error, ssl.SSLCertVerificationError):
            self._context = None  # the CA file may have been renewed: read it again
            reason = error.verify_message
            return Unreachable(f"cannot trust {self._where()}: {reason}; is GOUGH_CA_FILE the CA of its certificate?")
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Unreachable(f"cannot reach {self._where()}: {reason}")

    def _where(self) -> str:
        return f"{self._url.scheme}://{self._url.netloc}"


def encoded(message: Mapping[str, Any]) -> bytes:
    # Names on a disk needn't be UTF-8: what isn't becomes "?", rather than a message every server refuses.
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _packed(body: bytes) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": "application/json", "User-Agent": f"gough-agent/{__version__}"}
    if len(body) > COMPRESS_ABOVE_BYTES:
        packer = zlib.compressobj(6, wbits=31)  # 31: with gzip's header, without its module
        body = packer.compress(body) + packer.flush()
        headers["Content-Encoding"] = "gzip"
    return body, headers


def _decoded(text: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _retry_after(value: str | None) -> float | None:
    """Seconds, from either form that HTTP knows."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    import time
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
