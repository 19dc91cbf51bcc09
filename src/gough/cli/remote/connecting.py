"""The client for the chosen server."""

from datetime import datetime
from functools import cache
from typing import Any

import httpx
from pydantic import BaseModel

from gough.cli.choice import Server, chosen
from gough.cli.places import sign_in_file
from gough.cli.private_files import read_secret
from gough.cli.sign_ins import Refreshing
from gough.client import Client
from gough.client.connection import Bearer
from gough.domain.errors import Misconfigured

POLL_SECONDS = 1.0  # of those who wait: a second more is noticed by nobody, a request less by the server


def gough() -> Client:
    """One a server and process. Raises Misconfigured, NotFound."""
    server = chosen()
    if server is None:
        raise Misconfigured("No server is chosen.", hint="gough context use NAME, or --context NAME.")
    return connected(server)


@cache
def connected(server: Server) -> Client:
    context = server.context
    return Client(context.url, auth=_auth(server), ca_file=context.ca_file)


def anonymous(server: Server) -> Client:
    """For signing in."""
    return Client(server.context.url, ca_file=server.context.ca_file)


def _auth(server: Server) -> httpx.Auth:
    context = server.context
    if server.token:
        return Bearer(server.token)
    if context.token_file is not None:
        return Bearer(read_secret(context.token_file))

    def refresh(token: str) -> Any:
        with anonymous(server) as client:
            return client.account.refresh(refresh_token=token)

    return Refreshing(sign_in_file(context.name), context.url, refresh, context=context.name)


def plain(shown: BaseModel) -> dict[str, Any]:
    """An answer as rows have it: moments as such."""
    found = shown.model_dump(by_alias=True)
    return {name: _moment(value) if _is_moment(name) else value for name, value in found.items()}


def when(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _is_moment(name: str) -> bool:
    return name == "at" or name.endswith(("_at", "_until"))


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
