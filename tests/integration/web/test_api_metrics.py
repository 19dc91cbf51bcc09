"""Agents and metrics over the API: batches, keys, commands, charts; and the way past py4web is no way around."""

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from gough.bootstrap import Application
from gough.persistence.models import Machine
from gough.services import rollups
from tests.integration.web.conftest import Client
from tests.integration.web.test_machine_side import BEAT, KEY, beat, enrol, fits

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def cpu(percent: float) -> dict[str, object]:
    return {"count": 1, "percent": percent, **{f"{mode}_percent": 0 for mode in MODES}}


@pytest.fixture
def agent(outsider: Client, tokens: dict[str, str]) -> str:
    """Its id; it has reported once."""
    found = str(enrol(outsider, tokens["enrol"])[1]["agent_id"])
    assert beat(outsider, found)[0] == 200
    return found


def posted(client: Client, path: str, body: object, name: str, key: str = KEY) -> tuple[int, dict[str, object]]:
    fits(body, name)
    answer = client.post(path, json=body, headers={"Authorization": f"Bearer {key}"})
    return answer.status_code, answer.json()


def test_a_batch_is_answered_for_each_of_its_heartbeats(outsider: Client, agent: str) -> None:
    body = {"heartbeats": [{**BEAT, "sequence": number} for number in (1, 2, 3)]}
    status, said = posted(outsider, f"/api/v1/agents/{agent}/heartbeats", body, "heartbeats_request")
    assert status == 200
    fits(said, "heartbeats_response")
    assert said["results"] == [{"sequence": number, "duplicate": number == 1} for number in (1, 2, 3)]
    empty = outsider.post(
        f"/api/v1/agents/{agent}/heartbeats", json={"heartbeats": []}, headers={"Authorization": f"Bearer {KEY}"}
    )
    assert empty.status_code == 422


def test_a_new_key_is_taken_beside_the_old_one(outsider: Client, agent: str) -> None:
    body = {"key_hash": hashlib.sha256(b"the next key").hexdigest()}
    status, said = posted(outsider, f"/api/v1/agents/{agent}/key", body, "key_request")
    assert status == 200
    fits(said, "key_response")
    assert beat(outsider, agent, key="the next key", sequence=2)[0] == 200
    assert beat(outsider, agent, sequence=3)[0] == 401


def test_an_operator_asks_and_sees_what_became_of_it(
    outsider: Client, operator: Client, viewer: Client, agent: str
) -> None:
    path = f"/api/v1/agents/{agent}/commands"
    assert viewer.change(path, {"command": "collect-now"}).status_code == 403
    assert operator.change(path, {"command": "format-disk"}).status_code == 422
    asked = operator.change(path, {"command": "collect-now"})
    assert asked.status_code == 202
    _, told = beat(outsider, agent, sequence=2)
    fits(told, "heartbeat_response")
    assert told["commands"] == [{"id": asked.json()["id"], "command": "collect-now"}]
    result = {"id": asked.json()["id"], "command": "collect-now", "outcome": "done", "said": "measured"}
    assert "commands" not in beat(outsider, agent, sequence=3, command_results=[result])[1]
    (known,) = viewer.get(f"/api/v1/agents/{agent}").json()["commands"]
    assert (known["outcome"], known["said"], known["asked_by"]) == ("done", "measured", "operator")


def test_an_agent_is_shown_in_one_word_with_the_reason(outsider: Client, viewer: Client, agent: str) -> None:
    now = datetime.now(UTC).isoformat()
    fails = {"disk": {"seconds": 1.0, "error": "OSError: broken"}}
    beat(outsider, agent, sequence=2, collectors=fails, sent_at=now)
    (row,) = viewer.get("/api/v1/agents").json()["items"]
    assert (row["id"], row["state"]) == (agent, "degraded") and "OSError: broken" in row["reason"] and row["since"]
    assert viewer.get("/api/v1/agents?state=online").json()["items"] == []
    assert viewer.get("/api/v1/agents/agt_none").status_code == 404


def test_metrics_of_a_machine_and_of_the_fleet(
    outsider: Client, viewer: Client, application: Application, agent: str, node: Machine
) -> None:
    now = datetime.now(UTC)
    for number, percent in enumerate((30, 50), start=2):
        beat(outsider, agent, sequence=number, sent_at=now.isoformat(), samples={"cpu": cpu(percent)})
    hour = {"series": "cpu", "from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(1)).isoformat()}
    found = viewer.get(f"/api/v1/machines/{node.hostname}/metrics", params=hour)
    assert found.status_code == 200, found.text
    day = viewer.get(f"/api/v1/machines/{node.hostname}/metrics").json()
    assert day["step_seconds"] == 300 and {line["name"] for line in day["series"]} >= {"cpu", "memory", "net-in"}
    hour["to"] = (now + timedelta(minutes=1)).isoformat()
    raw = viewer.get(f"/api/v1/machines/{node.hostname}/metrics", params=hour).json()
    assert raw["step_seconds"] == 0
    assert [point["average"] for point in raw["series"][0]["points"]] == [30, 50]
    assert viewer.get(f"/api/v1/machines/{node.hostname}/metrics?series=beauty").status_code == 422

    rollups.SETTLED, settled = timedelta(seconds=-60), rollups.SETTLED
    rollups.roll_up(application.use)
    rollups.SETTLED = settled
    top = viewer.get("/api/v1/metrics/top?series=cpu").json()
    assert [(place["hostname"], place["value"]) for place in top["machines"]] == [(node.hostname, 40)]


def test_past_py4web_the_same_refusals_hold(outsider: Client, agent: str) -> None:
    path, headers = f"/api/v1/agents/{agent}/heartbeat", {"Authorization": f"Bearer {KEY}"}
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    packed = {**headers, "Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert outsider.post(path, content=bomb, headers=packed).status_code == 413
    assert outsider.post(path, content=gzip.compress(b"{}")[:-9], headers=packed).status_code == 400
    assert outsider.post(path, content=b"{", headers=headers).status_code == 400
    assert outsider.post(path, json={"sequence": 0}, headers=headers).status_code == 422
    assert outsider.post(path, json=BEAT).status_code == 401
    assert outsider.post(path, json=BEAT, headers={**headers, "Host": "evil.example"}).status_code == 421
    assert outsider.get(path).status_code == 405
    good = gzip.compress(json.dumps({**BEAT, "sequence": 9}).encode())
    answer = outsider.post(path, content=good, headers=packed)
    assert answer.status_code == 200 and answer.headers["X-Request-Id"]
