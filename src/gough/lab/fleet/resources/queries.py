"""Saved queries, which are called reports since 4.82; their last results, and running them now."""

from typing import Any

from gough.lab.fleet.call import Call, Resource
from gough.lab.fleet.core import Query
from gough.lab.fleet.wire import Answer, exists, json_answer, not_found, when

_STATS = {"system_time_p50": None, "system_time_p95": None, "user_time_p50": None, "user_time_p95": None}


def _json(query: Query) -> dict[str, Any]:
    return {
        "id": query.id,
        "name": query.name,
        "query": query.query,
        "description": query.description,
        "interval": query.interval,
        "platform": query.platform,
        "author_id": query.author.id,
        "author_name": query.author.name,
        "author_email": query.author.email,
        "created_at": when(query.created_at),
        "updated_at": when(query.updated_at),
        "automations_enabled": False,
        "discard_data": False,
        "labels_include_all": None,
        "labels_include_any": None,
        "logging": "snapshot",
        "min_osquery_version": "",
        "observer_can_run": False,
        "packs": [],
        "saved": True,
        "stats": _STATS | {"total_executions": 0},
    }


def _named(call: Call, query: Query) -> dict[str, Any]:
    """Under both names where this version has both."""
    if not call.core.has_reports:
        return {"query": _json(query) | {"team_id": None}}
    shown = _json(query) | {"team_id": None, "fleet_id": None}
    return {"query": shown, "report": shown}


def _query(call: Call) -> Query:
    found = call.core.queries.get(int(call.id))
    if found is None:
        raise not_found("Query", call.id)
    return found


def _list(call: Call) -> Answer:
    with call.core.lock:
        known = list(call.core.queries.values())
        shown, more = call.page([_json(query) for query in known])
        answer: dict[str, Any] = {
            "queries": [each | {"team_id": None} for each in shown],
            "count": len(known),
            "inherited_query_count": 0,
            "meta": call.meta(more),
        }
        if call.core.has_reports:
            answer |= {"reports": [each | {"fleet_id": None} for each in shown], "inherited_report_count": 0}
        return json_answer(answer)


def _create(call: Call) -> Answer:
    core = call.core
    with core.lock:
        name, sql = call.text("name", required=True), call.text("query", required=True)
        if any(query.name == name for query in core.queries.values()):
            raise exists("Query", name)
        now, interval = core.clock(), call.body.get("interval") or 0
        told = (call.text("description"), int(interval), call.text("platform"))
        query = Query(core.next("query"), name, sql, *told, call.user, now, now)
        core.queries[query.id] = query
        core.noted(call.user, "created_saved_query", query_id=query.id, query_name=name)
        return json_answer(_named(call, query))


def _read(call: Call) -> Answer:
    with call.core.lock:
        return json_answer(_named(call, _query(call)))


def _delete(call: Call) -> Answer:
    with call.core.lock:
        query = _query(call)
        del call.core.queries[query.id]
        call.core.noted(call.user, "deleted_saved_query", query_name=query.name)
        return json_answer({})


def _report(call: Call) -> Answer:
    with call.core.lock:
        query = _query(call)
        rows = [
            {
                "host_id": host_id,
                "host_name": call.core.hosts[host_id].hostname,
                "last_fetched": when(moment),
                "columns": row,
            }
            for host_id, (moment, found) in query.rows.items()
            if host_id in call.core.hosts
            for row in found
        ]
        named = {"query_id": query.id} | ({"report_id": query.id} if call.core.has_reports else {})
        return json_answer(named | {"report_clipped": False, "results": rows})


def _run(call: Call) -> Answer:
    core, wanted = call.core, call.ids("host_ids")
    with core.lock:
        query = _query(call)
        hosts = [core.hosts[number] for number in wanted if number in core.hosts]
        core.noted(call.user, "live_query", targets_count=len(hosts), query_sql=query.query)
        online = [host.id for host in hosts if host.online_at(core.clock())]
        results = core.campaigns.run(query.query, online)
    shown = [{"host_id": one.host_id, "rows": one.rows, "error": one.error or None} for one in results]
    counts = {"targeted_host_count": len(hosts), "responded_host_count": len(shown)}
    return json_answer({"query_id": query.id} | counts | {"results": shown})


RESOURCES = (
    Resource(r"queries", {"GET": _list, "POST": _create}),
    Resource(r"queries/(\d+)", {"GET": _read}),
    Resource(r"queries/id/(\d+)", {"DELETE": _delete}),
    Resource(r"queries/(\d+)/report", {"GET": _report}),
    Resource(r"queries/(\d+)/run", {"POST": _run}),
)
