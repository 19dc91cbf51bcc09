"""Where machines live below the API's root, and forms for what is asked of them."""

import re

from gough.domain.errors import NotFound

_SYSTEM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def machine_path(system_id: str) -> str:
    return f"machines/{known(system_id)}/"


def node_path(system_id: str, part: str) -> str:
    """Parts that MAAS keeps for every kind of node: results, interfaces."""
    return f"nodes/{known(system_id)}/{part}/"


def known(system_id: str) -> str:
    """The id, as long as it can be one: anything else would make another path of the URL."""
    if not _SYSTEM_ID.fullmatch(system_id):
        raise NotFound(f"MAAS: no machine can have the id {system_id[:40]!r}.")
    return system_id


def filled(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
