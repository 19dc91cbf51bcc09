"""A provider that lies, hangs and floods as a test wants it to; but for that, an honest one, without forms."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any

from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

ACCESS_TOKEN = "an access token"
Page = Callable[[], tuple[int, bytes]]


class HostileProvider:
    """`lie` changes what an ID token says, `forge` the token itself, `pages` the answer at a path.

    `asked` counts the requests a path got.
    """

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first"}, private=True)
        self.published = [self.key]
        self.nonce, self.code = "", ""
        self.lie: Mapping[str, Any] = {}
        self.head: Mapping[str, Any] = {}
        self.forge: Callable[[str], str] = lambda token: token
        self.discovery: Mapping[str, Any] = {}
        self.userinfo: Mapping[str, Any] = {"sub": "subject of ada"}
        self.asked: dict[str, int] = {}
        self.over = threading.Event()
        self.pages: dict[str, Page] = {
            "/.well-known/openid-configuration": lambda: (200, self._json(self.metadata())),
            "/keys": lambda: (200, self._json({"keys": [key.as_dict(private=False) for key in self.published]})),
            "/token": lambda: (200, self._json({"access_token": ACCESS_TOKEN, "id_token": self.id_token()})),
            "/userinfo": lambda: (200, self._json(self.userinfo)),
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo", **self.discovery,
        }  # fmt: skip

    def claims(self) -> dict[str, Any]:
        said = {
            "iss": self.issuer, "sub": "subject of ada", "aud": "gough", "exp": int(time()) + 300, "iat": int(time()),
            "nonce": self.nonce, "preferred_username": "ada", "groups": ["gough-admins"],
            "at_hash": create_half_hash(ACCESS_TOKEN, "RS256").decode(), **self.lie,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}

    def id_token(self) -> str:
        head = {"alg": "RS256", "kid": self.key.kid, **self.head}
        registry = JWSRegistry(algorithms=["RS256", "HS256", "none"])
        return self.forge(jwt.encode(head, self.claims(), self.key, registry=registry))

    def rotate(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "second"}, private=True)
        self.published = [self.key]

    @staticmethod
    def _json(value: object) -> bytes:
        return json.dumps(value).encode()

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805  (`self` is the handler's)
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                provider.asked[path] = provider.asked.get(path, 0) + 1
                status, body = provider.pages[path]()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Location", f"{provider.issuer}/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *arguments: object) -> None:
                """Says nothing."""

        return Handler

    @contextmanager
    def serving(self) -> Iterator["HostileProvider"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.over.set()  # whoever hangs
            self._server.shutdown()
            self._server.server_close()
            thread.join()
