"""A new key for an agent that has one. At any kill the agent holds a key that the server accepts.

The new key is on the disk before the server hears its hash; the old one is forgotten after the server has answered.
The server takes both until it sees the new one used, and the same hash twice is the same request.
"""

import secrets

from gough_agent.enrolment import Identity, sha256
from gough_agent.errors import CommandFailed, Refused
from gough_agent.log import Log
from gough_agent.state import Store
from gough_agent.transport import Transport


def rotate(identity: Identity, store: Store, transport: Transport, log: Log) -> Identity:
    """Raises CommandFailed when the server won't have it, Unreachable or Refused when it may later."""
    if identity.key != store.state.key:
        raise CommandFailed("this agent's key was given to it as AGENT_API_KEY: change it there")
    if store.state.next_key is None:
        store.update(next_key=secrets.token_urlsafe(32))
    key = store.state.next_key
    assert key is not None
    log.hide(key)
    try:
        transport.post(f"{identity.path}/key", {"key_hash": sha256(key)}, identity.key)
    except Refused as refusal:
        if not 400 <= refusal.status < 500 or refusal.status in (401, 408, 410, 429):
            raise
        store.update(next_key=None)
        raise CommandFailed(f"the server refused the new key: {refusal}") from refusal
    store.update(key=key, next_key=None)
    return identity._replace(key=key)
