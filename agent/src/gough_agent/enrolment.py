"""Who this agent is: a key given to it, or one it made itself and had accepted for a token."""

import hashlib
import secrets
from typing import Any, NamedTuple
from urllib.parse import quote

from gough_agent import __version__
from gough_agent.config import Config
from gough_agent.errors import ConfigInvalid, Unreachable
from gough_agent.heartbeat import boot_id, hostname
from gough_agent.log import Log
from gough_agent.state import Store
from gough_agent.transport import Transport


class Identity(NamedTuple):
    agent_id: str
    key: str

    @property
    def path(self) -> str:
        """On the server, of what concerns this agent."""
        return f"/api/v1/agents/{quote(self.agent_id, safe='')}"


def known_identity(config: Config, store: Store) -> Identity | None:
    """None when it has to enrol first. Raises ConfigInvalid when it couldn't."""
    if config.api_key:
        return Identity(config.server_id, config.api_key)
    state, token = store.state, config.enrolment_token
    if state.agent_id and state.key and (token is None or sha256(token) == state.token_sha256):
        return Identity(state.agent_id, state.key)
    if token is None:
        raise ConfigInvalid(
            "this machine is not enrolled and has no token: set GOUGH_ENROLMENT_TOKEN to the one that Gough shows "
            "for the machine, or AGENT_API_KEY to a key"
        )
    return None


def enrol(config: Config, store: Store, transport: Transport, log: Log) -> tuple[Identity, dict[str, Any]]:
    """Trade the token for an agent id; the server's answer comes along. May be repeated any number of times.

    Raises Refused or Unreachable.
    """
    token = config.enrolment_token or ""
    key = _key_for(token, store)
    log.hide(key)
    answer = transport.post(
        "/api/v1/agents/enroll",
        {
            "enrolment_token": token,
            "key_hash": sha256(key),
            "server_id": config.server_id,
            "hostname": hostname(),
            "agent_version": __version__,
            "boot_id": boot_id(),
        },
    )
    agent_id = answer.get("agent_id")
    if not isinstance(agent_id, str) or not agent_id:
        raise Unreachable("the server accepted the enrolment without giving an agent id: is it a newer Gough?")
    store.update(agent_id=agent_id)
    return Identity(agent_id, key), answer


def _key_for(token: str, store: Store) -> str:
    """The key is on the disk before the server hears of it: the token is bound to the first hash it sees.

    A new token gets a new key: the old one may have been revoked, or have been read by whoever had the machine before.
    """
    if needs_new_key(token, store):
        store.update(key=secrets.token_urlsafe(32), next_key=None, token_sha256=sha256(token), agent_id=None)
    assert store.state.key is not None
    return store.state.key


def needs_new_key(token: str, store: Store) -> bool:
    return store.state.key is None or store.state.token_sha256 != sha256(token)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
