"""Where things are below a server's address, and what they were called before 4.82."""

import re
from urllib.parse import quote

from gough.domain.errors import NotFound

SETUP = "api/v1/setup"
API = "api/v1/fleet/"
RENAMED_IN = (4, 82)  # queries → reports, teams → fleets
_IDENTIFIER = re.compile(r"[\w.:@ -]{1,255}")


def queries_path(version: str) -> str:
    """`reports` or `queries`; a version that cannot be read is a development build, so a new one."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    is_old = found is not None and (int(found[1]), int(found[2])) < RENAMED_IN
    return f"{API}{'queries' if is_old else 'reports'}"


def identifier(text: str) -> str:
    """A UUID, hostname or serial number as one part of a path. NotFound when it would make another path."""
    if not _IDENTIFIER.fullmatch(text) or set(text) == {"."}:
        raise NotFound(f"Fleet: no host can be called {text[:40]!r}.")
    return quote(text, safe="")
