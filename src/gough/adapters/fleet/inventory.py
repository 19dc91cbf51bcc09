"""Labels, software, vulnerabilities, and what people did. Teams need Fleet Premium, so labels group hosts here."""

from collections.abc import Iterator, Sequence

from gough.adapters.fleet.http import FleetHttp, Params
from gough.adapters.fleet.models import HOSTS, Host
from gough.adapters.fleet.paging import all_pages
from gough.adapters.fleet.paths import API
from gough.adapters.fleet.site_models import (
    ACTIVITIES,
    LABEL,
    LABELS,
    SOFTWARE,
    VULNERABILITIES,
    Activity,
    Label,
    Software,
    Vulnerability,
)


class Inventory:
    _http: FleetHttp

    def labels(self) -> Sequence[Label]:
        return self._http.get(f"{API}labels", LABELS).labels

    def create_label(self, name: str, *, query: str = "", hosts: Sequence[str] = (), description: str = "") -> Label:
        """By a query, or by hand with hostnames, UUIDs or serials. Conflict when the name is taken."""
        chosen = {"query": query} if query else {"hosts": list(hosts)}
        return self._http.post(f"{API}labels", LABEL, {"name": name, "description": description} | chosen).label

    def delete_label(self, label_id: int) -> None:
        self._http.delete(f"{API}labels/id/{label_id}")

    def hosts_of_label(self, label_id: int) -> Iterator[Host]:
        path = f"{API}labels/{label_id}/hosts"
        return all_pages(lambda params: self._http.get(path, HOSTS, params).hosts, {"order_key": "id"})

    def software(self, *, query: str = "", vulnerable: bool = False) -> Iterator[Software]:
        """Every version of every program that a host has."""
        wanted = ({"query": query} if query else {}) | ({"vulnerable": True} if vulnerable else {})
        path = f"{API}software/versions"
        return all_pages(lambda params: self._http.get(path, SOFTWARE, params).software, wanted, per_page=100)

    def vulnerabilities(self) -> Iterator[Vulnerability]:
        path = f"{API}vulnerabilities"
        return all_pages(lambda params: self._http.get(path, VULNERABILITIES, params).vulnerabilities, {}, per_page=100)

    def activities(self, *, limit: int = 100) -> Sequence[Activity]:
        """The newest first."""
        wanted: Params = {"order_key": "id", "order_direction": "desc", "per_page": limit}
        return self._http.get(f"{API}activities", ACTIVITIES, wanted).activities
