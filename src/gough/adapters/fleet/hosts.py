"""Hosts. https://fleetdm.com/docs/rest-api/rest-api#hosts"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from gough.adapters.fleet.http import FleetHttp, Params
from gough.adapters.fleet.models import COUNT, HOST, HOSTS, Host
from gough.adapters.fleet.paging import PER_PAGE, all_pages
from gough.adapters.fleet.paths import API, identifier
from gough.adapters.fleet.site_models import LIVE, LiveAnswer
from gough.domain.fleet_hosts import HostRecord, Verdict

RESPONSES = {Verdict.PASS: "passing", Verdict.FAIL: "failing"}
WITH_POLICIES = {"populate_policies": True}
NEWEST_FIRST = {"order_direction": "desc"}
FEW = 100  # a page of what changed: most are read for nothing


class Hosts:
    _http: FleetHttp

    def hosts(self, *, query: str = "", status: str = "", per_page: int = PER_PAGE) -> Iterator[Host]:
        """All of them by id. `query` finds in names, UUID, serial and address; `status`: online, offline, missing, …"""
        wanted: Params = (
            {"order_key": "id"} | ({"query": query} if query else {}) | ({"status": status} if status else {})
        )
        return all_pages(lambda params: self._http.get(f"{API}hosts", HOSTS, params).hosts, wanted, per_page)

    def records(self) -> Iterator[HostRecord]:
        """Every host with the verdict of every policy on it, in pages."""
        wanted: Params = {"order_key": "id", **WITH_POLICIES}
        found = all_pages(lambda params: self._http.get(f"{API}hosts", HOSTS, params).hosts, wanted)
        return (host.record() for host in found)

    def records_since(self, moment: datetime, *, by: str) -> Iterator[HostRecord]:
        """Those whose time `by` (`policy_updated_at`, `last_enrolled_at`, …) is not before `moment`, newest first.

        Fleet has no such filter; its order has the newest in front, so reading ends at the first older one.
        """
        wanted: Params = {"order_key": by, **NEWEST_FIRST, **WITH_POLICIES}
        found = all_pages(lambda params: self._http.get(f"{API}hosts", HOSTS, params).hosts, wanted, FEW)
        for host in found:
            changed = getattr(host, by)
            if changed is None or changed < moment:
                return
            yield host.record()

    def offline_ids(self) -> frozenset[int]:
        return frozenset(host.id for host in self.hosts(status="offline"))

    def host(self, host_id: int) -> Host:
        return self._http.get(f"{API}hosts/{host_id}", HOST).host

    def host_by_identifier(self, name: str) -> Host:
        """By UUID, hostname, serial number or osquery's own id. NotFound when there is none."""
        return self._http.get(f"{API}hosts/identifier/{identifier(name)}", HOST).host

    def count_hosts(self, *, status: str = "") -> int:
        return self._http.get(f"{API}hosts/count", COUNT, {"status": status} if status else None).count

    def hosts_by_verdict(self, policy_id: int, verdict: Verdict) -> Sequence[Host]:
        """The hosts on which a policy passes or fails."""
        wanted: Params = {"policy_id": policy_id, "policy_response": RESPONSES[verdict], "order_key": "id"}
        return list(all_pages(lambda params: self._http.get(f"{API}hosts", HOSTS, params).hosts, wanted))

    def refetch_host(self, host_id: int) -> None:
        """Ask it everything again at its next contact."""
        self._http.post_plain(f"{API}hosts/{host_id}/refetch", {})

    def delete_host(self, host_id: int) -> None:
        """Its node key ends; osquery that still runs there enrols anew."""
        self._http.delete(f"{API}hosts/{host_id}")

    def ask_host(self, host_id: int, sql: str) -> LiveAnswer:
        """A live query on one host. Waits for up to 25 s; an offline host has neither rows nor an error."""
        return self._http.post(f"{API}hosts/{host_id}/query", LIVE, {"query": sql})
