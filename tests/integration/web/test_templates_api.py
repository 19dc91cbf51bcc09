"""Templates over the API: read, judged, made, tried on a machine, compared, reverted."""

import httpx
import pytest

from gough import bootstrap
from gough.bootstrap import Application
from gough.config import Settings
from gough.persistence.models import Machine
from gough.services import lifecycle
from tests.integration.web.conftest import SSH_KEY, Client, add_machine

HERE = "/api/v1/templates"
WEB = {
    "metadata": "name: web\nextends: [base-server]\nvariables:\n  - {name: word, type: secret, required: true}\n",
    "body": "#cloud-config\nwrite_files:\n  - {path: /etc/word, content: '{{ word }}'}\n",
}
VALUES = {"ssh_keys": [SSH_KEY], "word": "correct horse battery"}


@pytest.fixture
def web(admin: Client) -> str:
    made = admin.change(HERE, WEB)
    assert made.status_code == 201
    return str(made.headers["Location"])


def test_a_template_is_made_and_read_back_whole(admin: Client, web: str) -> None:
    assert web == f"{HERE}/web@1"
    found = admin.get(web).json()
    assert (found["label"], found["created_by"], found["extends"]) == ("web@1", "admin", ["base-server"])
    assert [each["label"] for each in found["composed_of"]] == ["base-server@1"]
    assert (found["metadata"], found["body"], found["own_parts"]) == (WEB["metadata"], WEB["body"], {})
    assert [part["name"] for part in found["parts"]][-2:] == ["firewall", "web"]
    assert found["variables"][-1] | {"name": "word", "type": "secret", "required": True} == found["variables"][-1]


def test_the_same_again_makes_no_version(admin: Client, web: str) -> None:
    again = admin.change(HERE, WEB)
    assert (again.status_code, again.json()["label"]) == (200, "web@1")


def test_what_could_not_be_deployed_is_not_stored(admin: Client) -> None:
    answer = admin.change(HERE, WEB | {"body": "#cloud-config\npassword: hunter2\n"})
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["line 2, column 11"]
    assert admin.get(f"{HERE}/web").status_code == 404


def test_only_administrators_make_templates(operator: Client, viewer: Client, outsider: Client) -> None:
    assert operator.change(HERE, WEB).status_code == 403
    assert operator.change(f"{HERE}/base-server/revert", {"version": 1}).status_code == 403
    assert viewer.change(f"{HERE}/validate", WEB).status_code == 403
    assert outsider.get(f"{HERE}/base-server").status_code == 401


def test_a_judgement_stores_nothing(operator: Client) -> None:
    body = "#cloud-config\nphone_home: {url: 'https://example.net/'}\nwrite_files: [{path: a}]\n"
    found = operator.change(f"{HERE}/validate", WEB | {"body": body}).json()
    assert not found["valid"] and found["name"] == "web"
    assert [(each["severity"], each["pointer"]) for each in found["findings"]] == [
        ("warning", "line 2, column 13"),
        ("error", "line 3, column 22"),
    ]
    unreadable = operator.change(f"{HERE}/validate", {"metadata": "name: web\nextends: [none]\n"}).json()
    assert [each["pointer"] for each in unreadable["findings"]] == ["template.yaml, line 2, column 11"]
    assert operator.get(f"{HERE}/web").status_code == 404


def test_a_template_is_tried_on_a_machine_without_its_secrets(
    operator: Client, node: Machine, web: str, settings: Settings
) -> None:
    (settings.data_dir / "agent").mkdir()
    (settings.data_dir / "agent" / "gough-agent-linux-x86_64.tar.gz").write_bytes(b"an agent")
    tried = operator.change(f"{HERE}/web/render", {"machine": node.hostname, "variables": VALUES})
    found = tried.json()
    assert found["template"] == "web@1" and f"hostname: {node.hostname}" in found["user_data"]
    assert (found["findings"], found["size_bytes"] > 1000, "correct horse" in tried.text) == ([], True, False)
    wrong = operator.change(f"{HERE}/web/render", {"machine": node.hostname, "variables": {}})
    assert wrong.status_code == 422
    assert {each["pointer"] for each in wrong.json()["errors"]} == {"/variables/ssh_keys", "/variables/word"}


def test_versions_are_compared_and_an_earlier_one_returns(admin: Client, web: str) -> None:
    assert admin.change(HERE, WEB | {"body": WEB["body"] + "package_update: true\n"}).json()["label"] == "web@2"
    said = admin.get(f"{HERE}/web@2/diff", params={"from": "web@1"}).json()["diff"]
    assert "+package_update: true\n" in said
    assert admin.get(f"{HERE}/web/diff").status_code == 422
    back = admin.change(f"{HERE}/web/revert", {"version": 1})
    assert (back.status_code, back.json()["label"], back.json()["note"]) == (201, "web@3", "reverted to web@1")
    assert admin.change(f"{HERE}/web/revert", {"version": 1}).status_code == 409
    items = admin.get(f"{HERE}/web/versions").json()["items"]
    assert [item["label"] for item in items] == ["web@3", "web@2", "web@1"]


def test_where_a_version_is_used(application: Application, viewer: Client) -> None:
    machine = add_machine(application, "node-07")
    lifecycle.deploy(application.use, machine.hostname, lifecycle.Plan("base-server", {"ssh_keys": [SSH_KEY]}), by="a")
    assert viewer.get(f"{HERE}/base-server/used").json()["items"] == [
        {"version": 1, "label": "base-server@1", "deployments": 1, "in_service": [], "others": []}
    ]
    assert viewer.get(f"{HERE}/none/used").status_code == 404


def changed(client: Client, method: str, name: str, tag: str = "*", body: object = None) -> httpx.Response:
    headers = {"X-CSRF-Token": client.csrf, "If-Match": tag}
    return client.request(method, f"{HERE}/{name}", json=body, headers=headers)


def test_a_template_is_replaced_by_whoever_has_seen_its_newest_version(admin: Client, web: str) -> None:
    tag, more = admin.get(f"{HERE}/web").headers["etag"], WEB | {"body": WEB["body"] + "package_update: true\n"}
    made = changed(admin, "PUT", "web", tag, more)
    assert (made.status_code, made.json()["label"]) == (201, "web@2") and made.headers["etag"] != tag
    assert changed(admin, "PUT", "web", tag, WEB).status_code == 412
    assert changed(admin, "PUT", "web", "*", more).status_code == 200
    other = changed(admin, "PUT", "web", "*", WEB | {"metadata": "name: other\n"})
    assert other.status_code == 422 and [e["pointer"] for e in other.json()["errors"]] == ["/metadata"]
    assert changed(admin, "PUT", "none", "*", WEB).status_code == 404


def test_an_archived_template_is_gone_until_a_new_version_comes(
    admin: Client, operator: Client, web: str, application: Application, node: Machine
) -> None:
    assert changed(operator, "DELETE", "web").status_code == 403
    extended = changed(admin, "DELETE", "base-server")
    assert extended.status_code == 409 and "is extended by" in extended.json()["detail"]
    assert changed(admin, "DELETE", "web").status_code == 204
    assert admin.get(f"{HERE}/web").status_code == 404 and admin.get(f"{HERE}/web@1").status_code == 404
    assert "web" not in [item["name"] for item in admin.get(HERE).json()["items"]]
    refused = admin.change(f"/api/v1/machines/{node.hostname}/deploy", {"template": "web", "variables": VALUES})
    assert refused.status_code == 404
    assert changed(admin, "DELETE", "web").status_code == 404
    back = admin.change(HERE, WEB)
    assert (back.status_code, back.json()["label"]) == (201, "web@2"), "numbered on, although the content is the same"
    assert admin.get(f"{HERE}/web@1").status_code == 200


def test_a_template_at_work_is_not_archived(admin: Client, web: str, application: Application, node: Machine) -> None:
    lifecycle.deploy(application.use, node.hostname, lifecycle.Plan("web", VALUES), by="ada")
    busy = changed(admin, "DELETE", "web")
    assert busy.status_code == 409 and "is being deployed by job_" in busy.json()["detail"]


def test_what_comes_with_gough_does_not_bring_back_what_was_taken_away(admin: Client, application: Application) -> None:
    names = [item["name"] for item in admin.get(HERE).json()["items"]]
    leaf = next(name for name in names if changed(admin, "DELETE", name).status_code == 204)
    bootstrap.prepare(application.use)
    assert leaf not in [item["name"] for item in admin.get(HERE).json()["items"]]
