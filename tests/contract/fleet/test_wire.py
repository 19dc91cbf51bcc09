"""The protocol's quirks that Gough relies on, over plain HTTP."""

import httpx

from .harness import Target


def osquery(target: Target, path: str, body: dict[str, object]) -> httpx.Response:
    return target.plain.post(f"{target.url}/api/osquery/{path}", json=body)


def test_health_needs_no_token_and_the_rest_does(target: Target) -> None:
    assert target.plain.get(f"{target.url}/healthz").status_code == 200
    for path in ("version", "hosts", "me", "global/policies"):
        refused = target.http("GET", path, token="")
        assert refused.status_code == 401
        assert refused.json()["message"] == "Authentication required"
        assert refused.json()["errors"][0]["name"] == "base"
    assert target.http("GET", "version", token="wrong").status_code == 401


def test_a_missing_thing_is_json_and_a_missing_path_is_text(target: Target) -> None:
    thing = target.http("GET", "hosts/999999999")
    assert (thing.status_code, thing.json()["message"]) == (404, "Resource Not Found")
    path = target.http("GET", "gough-no-such-path")
    assert path.status_code == 404
    assert path.headers["content-type"].startswith("text/plain")


def test_an_unknown_node_key_is_told_to_enrol_again(target: Target) -> None:
    for path in ("config", "distributed/read", "log"):
        answer = osquery(target, path, {"node_key": "gough-no-such-key"})
        assert answer.status_code == 401
        assert answer.json()["node_invalid"] is True


def test_a_wrong_enrol_secret_is_told_so(target: Target) -> None:
    answer = osquery(target, "enroll", {"enroll_secret": "wrong", "host_identifier": "gough-nobody"})
    assert answer.json()["node_invalid"] is True
    assert "node_key" not in answer.json()


def test_an_offered_page_is_no_longer_than_asked(target: Target) -> None:
    for _ in range(3):
        target.host()
    first = target.http("GET", "hosts?per_page=2&page=0&order_key=id").json()["hosts"]
    assert len(first) == 2
    assert first[0]["id"] < first[1]["id"]


def test_both_names_of_a_policys_path_answer(target: Target) -> None:
    number = target.policy("SELECT 1")
    for path in (f"global/policies/{number}", f"policies/{number}"):
        assert target.http("GET", path).json()["policy"]["id"] == number
