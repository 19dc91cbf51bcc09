"""Where a Fleet server is: its own address, and what stands before every path of it (FLEET_SERVER_URL_PREFIX)."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from gough.domain.errors import Invalid

HINT = "It looks like https://fleet.example:8443, or https://proxy.example/fleet below a URL prefix."
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, slots=True)
class FleetAddress:
    """`origin`: https://fleet.example:8443; `prefix`: /fleet, or empty."""

    origin: str
    prefix: str = ""

    @property
    def url(self) -> str:
        return f"{self.origin}{self.prefix}"

    @property
    def host_and_port(self) -> str:
        """As osquery's `--tls_hostname` takes it."""
        return self.origin.partition("://")[2]

    @property
    def is_https(self) -> bool:
        return self.origin.startswith("https://")


def parse_address(url: str) -> FleetAddress:
    """From what people type: a path of the API or a final slash is dropped. Raises Invalid."""
    try:
        parsed = urlsplit(url.strip())
        host, port = parsed.hostname, parsed.port
    except ValueError as error:
        raise Invalid(f"Fleet's address is not a URL: {error}.", hint=HINT) from error
    if parsed.scheme not in ("http", "https") or not host:
        raise Invalid("Fleet's address is not an http or https URL with a host.", hint=HINT)
    if parsed.username or parsed.password or parsed.query or parsed.fragment:
        raise Invalid("Fleet's address has no user, query or fragment.", hint=HINT)
    prefix = parsed.path.rstrip("/").removesuffix("/api/v1/fleet").removesuffix("/api/latest/fleet").rstrip("/")
    if not _PREFIX.fullmatch(prefix) or "/.." in prefix:
        raise Invalid("Fleet's URL prefix has letters, digits and `._~-` between slashes.", hint=HINT)
    name = f"[{host}]" if ":" in host else host
    return FleetAddress(f"{parsed.scheme}://{name}{f':{port}' if port else ''}", prefix)
