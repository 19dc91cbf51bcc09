"""What a server says of itself."""

from gough.adapters.fleet.http import FleetHttp
from gough.adapters.fleet.models import VERSION
from gough.adapters.fleet.paths import API


class About:
    _http: FleetHttp
    _version: str

    def check_health(self) -> None:
        """Whether it and what it needs (MySQL, Redis) are up; no token needed. Raises Unavailable."""
        self._http.get_plain("healthz")

    def version(self) -> str:
        """Asked once: which names the API has depends on it."""
        if not self._version:
            self._version = self._http.get(f"{API}version", VERSION).version
        return self._version
