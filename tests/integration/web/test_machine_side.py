"""What machines say and fetch: enrolment, heartbeats, first-boot reports, the agent's archives."""

import hashlib
import json
import os
from pathlib import Path

import jsonschema
import pytest

from gough.bootstrap import Application
from gough.persistence.models import Machine
from gough.services import agents, allowance, timeline
from tests.integration.web.conftest import Client

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/agent-wire-v1.schema.json").read_text(encoding="utf-8"))
WIRE = Path(__file__).parent / "wire"
KEY = "k" * 43
BEAT = {
    "sequence": 1, "sent_at": "2026-01-31T12:00:00.250Z", "boot_id": "b", "agent_version": "0.1.0",
    "hostname": "node-01", "uptime_seconds": 5.0, "samples": {"load": {"load_1m": 0.1, "load_5m": 0, "load_15m": 0}},
    "collectors": {},
}  # fmt: skip


def fits(value: object, name: str) -> None:
    jsonschema.validate(value, {**SCHEMA, "$ref": f"#/$defs/{name}"})


def enrol(client: Client, token: str, key: str = KEY) -> tuple[int, dict[str, object]]:
    body = {
        "enrolment_token": token, "key_hash": hashlib.sha256(key.encode()).hexdigest(), "server_id": "id-node-01",
        "hostname": "node-01", "agent_version": "0.1.0", "boot_id": "b",
    }  # fmt: skip
    fits(body, "enroll_request")
    answer = client.post("/api/v1/agents/enroll", json=body)
    return answer.status_code, answer.json()


def beat(client: Client, agent: object, key: str = KEY, **changes: object) -> tuple[int, dict[str, object]]:
    body = {**BEAT, **changes}
    fits(body, "heartbeat_request")
    path = f"/api/v1/agents/{agent}/heartbeat"
    answer = client.post(path, json=body, headers={"Authorization": f"Bearer {key}"})
    return answer.status_code, answer.json()


def test_an_agent_enrols_and_reports(outsider: Client, tokens: dict[str, str]) -> None:
    status, first = enrol(outsider, tokens["enrol"])
    assert status == 200
    fits(first, "enroll_response")
    _, again = enrol(outsider, tokens["enrol"])
    assert again["agent_id"] == first["agent_id"]

    status, answer = beat(outsider, first["agent_id"])
    assert (status, answer["duplicate"]) == (200, False)
    fits(answer, "heartbeat_response")
    assert beat(outsider, first["agent_id"])[1]["duplicate"] is True
    assert beat(outsider, first["agent_id"], sequence=2)[1]["duplicate"] is False


def test_agents_that_are_told_to_come_later_come_at_different_times(
    outsider: Client, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand that come back at once are spread over an interval, and taken when they come again."""
    agent = enrol(outsider, tokens["enrol"])[1]["agent_id"]
    path, headers = f"/api/v1/agents/{agent}/heartbeat", {"Authorization": f"Bearer {KEY}"}
    with monkeypatch.context() as full:
        full.setattr(allowance, "BYTES", 0)
        answers = [outsider.post(path, json=BEAT, headers=headers) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {503}
    waits = [int(answer.headers["retry-after"]) for answer in answers]
    assert min(waits) >= 1 and max(waits) <= 60 and len(set(waits)) > 5
    assert beat(outsider, agent)[0] == 200


def test_refusals_of_agents(outsider: Client, tokens: dict[str, str], application: Application, node: Machine) -> None:
    assert enrol(outsider, "never given out")[0] == 401
    agent = enrol(outsider, tokens["enrol"])[1]["agent_id"]
    assert enrol(outsider, tokens["enrol"], key="another")[0] == 409
    assert beat(outsider, agent, key="another")[0] == 401
    assert beat(outsider, "agt_unknown")[0] == 401
    with application.use.database.write() as session:
        agents.revoke(session, node.id, now=application.use.database.now(session))
    status, refusal = beat(outsider, agent, sequence=3)
    assert status == 410
    fits(refusal, "refusal")
    assert enrol(outsider, tokens["enrol"])[0] == 410


def test_a_first_boot_report(outsider: Client, tokens: dict[str, str], application: Application, node: Machine) -> None:
    report = {"name": "modules-config", "event_type": "finish", "result": "SUCCESS", "description": "ok"}
    path = f"/api/v1/reports/cloud-init/{tokens['report']}"
    answer = outsider.post(path, content=json.dumps(report))  # cloud-init names no content type
    assert (answer.status_code, answer.content) == (204, b"")
    with application.use.database.read() as session:
        kinds = [event.kind for event in timeline.history(session, node.id)]
    assert "modules-config" in kinds
    assert outsider.post("/api/v1/reports/cloud-init/unknown", json=report).status_code == 401
    assert outsider.post(path, json=[]).status_code == 422


NAME = "gough-agent-linux-x86_64.tar.gz"


@pytest.fixture
def artefacts(tmp_path: Path) -> bytes:
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / NAME).write_bytes(b"archive")
    (tmp_path / "agent" / "other.txt").write_bytes(b"not for you")
    return b"archive"


def test_the_agents_archive_comes_with_its_checksum(outsider: Client, artefacts: bytes) -> None:
    answer = outsider.get(f"/agent/{NAME}")
    assert answer.content == artefacts
    checksum = hashlib.sha256(artefacts).hexdigest()
    assert answer.headers["etag"] == f'"{checksum}"'
    assert answer.headers["digest"].startswith("sha-256=")
    assert outsider.get(f"/agent/{NAME}", headers={"If-None-Match": f'"{checksum}"'}).status_code == 304


def test_the_agents_package_is_named_as_one_and_the_one_built_last_is_pinned(
    application: Application, outsider: Client, tmp_path: Path, artefacts: bytes
) -> None:
    for minutes, version in ((2, "0.2.0"), (1, "0.10.0")):  # the newer one was built first: somebody went back
        package = tmp_path / "agent" / f"gough-agent_{version}_arm64.deb"
        package.write_bytes(version.encode())
        os.utime(package, (minutes, minutes))
    answer = outsider.get("/agent/gough-agent_0.2.0_arm64.deb")
    assert (answer.content, answer.headers["content-type"]) == (b"0.2.0", "application/vnd.debian.binary-package")
    pinned = {NAME: artefacts, "gough-agent_0.2.0_arm64.deb": b"0.2.0"}
    assert application.use.agent_checksums() == {n: hashlib.sha256(c).hexdigest() for n, c in pinned.items()}


@pytest.mark.parametrize("name", ["other.txt", "..%2fgough.db", "../gough.db", "%2e%2e/gough.db", "", NAME + "%00"])
def test_nothing_else_is_handed_out(outsider: Client, artefacts: bytes, name: str) -> None:
    assert outsider.get(f"/agent/{name}").status_code in (400, 404)


@pytest.mark.parametrize("recorded", sorted(WIRE.glob("heartbeat-*.json")), ids=lambda path: path.stem)
def test_what_an_agent_of_another_version_sends_is_taken(
    outsider: Client, tokens: dict[str, str], recorded: Path
) -> None:
    """As each released agent sent it from a real server; and as a later one might, with more in it."""
    agent = enrol(outsider, tokens["enrol"])[1]["agent_id"]
    message = json.loads(recorded.read_text(encoding="utf-8"))
    status, answer = beat(outsider, agent, **message)
    assert status == 200
    fits(answer, "heartbeat_response")
    later = {**message, "sequence": 2, "mood": "good", "samples": {**message["samples"], "aura": {"colour": "blue"}}}
    assert beat(outsider, agent, **later)[0] == 200
