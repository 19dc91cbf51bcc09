"""`gough-agent fleet-secret`: the secret with which osquery enrols in Fleet, from Gough, for this machine's key.

A program of its own, run once at a machine's first boot: the agent never holds the secret.
"""

from collections.abc import Mapping

from gough_agent.config import load
from gough_agent.enrolment import known_identity
from gough_agent.errors import Unreachable
from gough_agent.state import Store
from gough_agent.transport import Transport


def fetch(environment: Mapping[str, str]) -> str:
    """Raises ConfigInvalid, Refused, or Unreachable: also while the agent has not enrolled yet."""
    config = load(environment)
    identity = known_identity(config, Store(config.state_directory, config.runtime_directory))
    if identity is None:
        raise Unreachable("the agent has not enrolled yet: see `gough-agent status`")
    transport = Transport(config.server_url, config.ca_file)
    try:
        secret = transport.post(f"{identity.path}/fleet-secret", {}, key=identity.key).get("secret")
    finally:
        transport.close()
    if not isinstance(secret, str) or not secret:
        raise Unreachable("the server gave no secret: is it a newer Gough?")
    return secret
