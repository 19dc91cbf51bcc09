"""Which server a command is for: `embedded`, the database of this host, where nothing says another.

In this order: --context or --url; GOUGH_CONTEXT or GOUGH_URL; the context of `gough context use`; embedded.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gough.cli.context_file import EMBEDDED, Context, read
from gough.domain.errors import Invalid, Misconfigured

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass
class Given:
    """The options that stand before every command."""

    context: str = ""
    url: str = ""


given = Given()


@dataclass(frozen=True, slots=True)
class Server:
    """A chosen server. `token` is from the environment; without it, the context knows where its own is."""

    context: Context
    token: str = field(default="", repr=False)


def chosen() -> Server | None:
    """None for embedded. Raises NotFound, Invalid, Misconfigured."""
    context, url = _wanted()
    if url:
        return Server(_of_url(url, os.environ), _token(os.environ))
    return Server(checked(read().find(context))) if context not in ("", EMBEDDED) else None


def _wanted() -> tuple[str, str]:
    """The name of a context, or a URL."""
    for context, url, names in (
        (given.context, given.url, "--context and --url"),
        (os.environ.get("GOUGH_CONTEXT", ""), os.environ.get("GOUGH_URL", ""), "GOUGH_CONTEXT and GOUGH_URL"),
    ):
        if context and url:
            raise Invalid(f"{names} do not go together.", hint="Give one of them.")
        if context or url:
            return context, url
    return read().current, ""


def backend(noun: str) -> Any:
    """The functions of a noun, on this host or on the chosen server: the same, with the same answers."""
    where = "local" if chosen() is None else "remote"
    return import_module(f"gough.cli.{where}.{noun}")


def require_here(command: str = "") -> None:
    """Raises Invalid for what only works on the host itself, where another is chosen."""
    if (server := chosen()) is not None:
        what = f"`gough {command}`" if command else "This command"
        raise Invalid(
            f"{what} works on the host it runs on, and the chosen context is '{server.context.name}'.",
            hint=f"There, run it on the server's host; here: gough --context {EMBEDDED} {command or '…'}",
        )


def checked(context: Context) -> Context:
    """Raises Misconfigured for an address that is none, or that would carry secrets readable."""
    try:
        url = urlsplit(context.url)
        host, _ = url.hostname, url.port
    except ValueError:
        url, host = urlsplit(""), None
    if url.scheme not in ("http", "https") or not host or url.username is not None or url.query or url.fragment:
        raise Misconfigured(f"'{context.url}' is no server's address.", hint="Give https://host or https://host:port.")
    if url.scheme == "http" and host not in LOOPBACK and not context.allow_http:
        raise Misconfigured(
            f"{context.url} is plain http: your token would cross the network readable.",
            hint="Give an https address. If that network is yours alone: `gough context add … --allow-http`, or "
            "GOUGH_ALLOW_HTTP=true with --url and GOUGH_URL.",
        )
    return context


def _of_url(url: str, environment: Mapping[str, str]) -> Context:
    ca_file = environment.get("GOUGH_CA_FILE")
    allow_http = environment.get("GOUGH_ALLOW_HTTP", "").lower() in ("1", "true", "yes", "on")
    return checked(Context(url, url, ca_file=Path(ca_file) if ca_file else None, allow_http=allow_http))


def _token(environment: Mapping[str, str]) -> str:
    from gough.cli.private_files import read_secret

    token, path = environment.get("GOUGH_TOKEN", ""), environment.get("GOUGH_TOKEN_FILE", "")
    if token and path:
        raise Misconfigured("GOUGH_TOKEN and GOUGH_TOKEN_FILE are both set.", hint="Unset one of them.")
    if path:
        return read_secret(Path(path).expanduser())
    if not token:
        raise Misconfigured(
            "There is no token for this server.",
            hint="Set GOUGH_TOKEN or GOUGH_TOKEN_FILE, or make a context: gough context add NAME URL",
        )
    return token
