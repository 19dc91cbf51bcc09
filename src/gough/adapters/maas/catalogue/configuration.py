"""The region's settings. https://maas.io/docs/api#maas-server"""

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import form
from gough.adapters.maas.http import RegionHttp

Setting = str | int | bool | None
SETTING: TypeAdapter[Setting] = TypeAdapter(Setting)


class Configuration:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def get(self, name: str) -> Setting:
        """None where nothing is set. Invalid for a name MAAS does not know."""
        return self._http.get("maas/", SETTING, {"op": "get_config", "name": name})

    def set(self, name: str, value: str | int | bool) -> None:
        """Lists, such as NTP servers, are text with spaces. Invalid for a name or value MAAS does not accept."""
        self._http.post_plain("maas/", {"op": "set_config"}, form(name=name, value=value))
