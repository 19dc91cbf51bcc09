"""Saved queries (reports since 4.82), their results, and running them at once."""

from collections.abc import Sequence

from gough.adapters.fleet.about import About
from gough.adapters.fleet.paging import all_pages
from gough.adapters.fleet.paths import queries_path
from gough.adapters.fleet.site_models import LIVE_SUMMARY, QUERIES, QUERY, REPORT, LiveSummary, Query, Report


class Queries(About):
    def queries(self) -> Sequence[Query]:
        path = self._queries()
        return list(all_pages(lambda params: self._http.get(path, QUERIES, params).queries, {"order_key": "id"}))

    def create_query(self, name: str, sql: str, *, description: str = "", interval: int = 0) -> Query:
        """`interval` in seconds; 0 runs only when somebody asks. Conflict when the name is taken."""
        body = {"name": name, "query": sql, "description": description, "interval": interval}
        return self._http.post(self._queries(), QUERY, body).query

    def delete_query(self, query_id: int) -> None:
        self._http.delete(f"{self._queries()}/id/{query_id}")

    def report(self, query_id: int) -> Report:
        """What the scheduled runs of a query answered last, a row each."""
        return self._http.get(f"{self._queries()}/{query_id}/report", REPORT)

    def run_query(self, query_id: int, host_ids: Sequence[int]) -> LiveSummary:
        """A live query on several hosts. Waits for up to 25 s; hosts that said nothing until then are left out."""
        path = f"{self._queries()}/{query_id}/run"
        return self._http.post(path, LIVE_SUMMARY, {"host_ids": list(host_ids)})

    def _queries(self) -> str:
        return queries_path(self.version())
