"""Programs that say who they are: API keys and tokens on the API; what an account may do over it."""

from collections.abc import Iterator

import httpx
import pytest

from gough.bootstrap import Application
from gough.domain.permissions import Role
from gough.services import audit, users
from gough.web.guard import Guard
from tests.integration.web.conftest import BASE, PASSWORD, Client
from tests.support.people import Authenticator, account

SMALL = {"name": "ci", "scopes": ["view", "deploy"]}
SIGN_IN = {"name": "ada", "password": PASSWORD}


class Program(httpx.Client):
    """Sends what is in `key` with everything, and no cookie."""

    def as_(self, key: str) -> "Program":
        self.headers["Authorization"] = f"Bearer {key}"
        return self


@pytest.fixture
def program(guard: Guard) -> Iterator[Program]:
    with Program(transport=httpx.WSGITransport(guard, remote_addr="10.0.0.9"), base_url=BASE) as client:
        yield client


def made(client: Client, **wish: object) -> dict[str, str]:
    answer = client.change("/api/v1/api-keys", {**SMALL, **wish})
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    return found


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_key_works_without_cookie_and_csrf_within_its_scopes(operator: Client, program: Program) -> None:
    key = made(operator)
    program.as_(key["key"])
    assert program.get("/api/v1/machines").status_code == 200
    assert program.get("/api/v1/auth/me").json() == {
        "name": "operator (key ci)", "role": "operator", "via": "key", "permissions": ["deploy", "view"],
    }  # fmt: skip
    assert program.post("/api/v1/machines/none/deploy", json={"template": "x"}).status_code == 404
    assert code_of(program.post("/api/v1/machines/none/commission", json={})) == (403, "DENIED")
    assert code_of(program.get("/api/v1/users")) == (403, "DENIED")
    assert program.get("/machines/none").status_code == 303  # pages are for people
    assert code_of(program.as_(key["key"] + "x").get("/api/v1/machines")) == (401, "UNAUTHENTICATED")
    assert program.get("/healthz").status_code == 200


def test_a_header_counts_before_a_cookie(operator: Client) -> None:
    assert operator.get("/api/v1/machines").status_code == 200
    for wrong in ("Bearer x", "Bearer ", "Basic eDp5", "Bearer gough_0_0"):
        assert operator.get("/api/v1/machines", headers={"Authorization": wrong}).status_code == 401


def test_keys_are_listed_rotated_and_revoked(operator: Client, admin: Client, program: Program) -> None:
    key, other = made(operator, networks=["10.0.0.0/8"]), made(admin, scopes=["view", "people"])
    assert "key" not in operator.get("/api/v1/api-keys").text.replace("api-keys", "")
    assert [each["id"] for each in operator.get("/api/v1/api-keys").json()["items"]] == [key["id"]]
    assert {each["owner"] for each in admin.get("/api/v1/api-keys").json()["items"]} == {"operator", "admin"}
    assert operator.change(f"/api/v1/api-keys/{other['id']}/rotate").status_code == 404
    program.as_(key["key"])
    fresh = program.post(f"/api/v1/api-keys/{key['id']}/rotate", json={"overlap_hours": 0}).json()["key"]
    assert program.get("/api/v1/machines").status_code == 401
    program.as_(fresh)
    assert code_of(program.delete(f"/api/v1/api-keys/{other['id']}")) == (403, "DENIED")
    assert program.delete(f"/api/v1/api-keys/{key['id']}").status_code == 204
    assert program.get("/api/v1/machines").status_code == 401


def test_a_key_cannot_make_what_outlives_it(operator: Client, program: Program) -> None:
    program.as_(made(operator)["key"])
    for path, body in (
        ("api-keys", SMALL), ("auth/mfa/enrol", {"password": PASSWORD}), ("auth/mfa/disable", {"password": PASSWORD}),
    ):  # fmt: skip
        assert code_of(program.post(f"/api/v1/{path}", json=body)) == (403, "DENIED")
    assert code_of(program.post("/api/v1/auth/logout", json={})) == (409, "CONFLICT")
    refused = operator.change("/api/v1/api-keys", {"name": "x", "scopes": ["manage"]})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/scopes"


def test_tokens_from_login_to_logout(application: Application, program: Program) -> None:
    account(application.use, "ada", Role.OPERATOR)
    assert code_of(program.post("/api/v1/auth/login", json={**SIGN_IN, "password": "x"})) == (401, "UNAUTHENTICATED")
    held = program.post("/api/v1/auth/login", json=SIGN_IN).json()
    program.as_(held["access_token"])
    assert program.get("/api/v1/auth/me").json()["via"] == "token"
    assert program.post("/api/v1/machines/none/commission", json={}).status_code == 404  # no CSRF token is needed
    fresh = program.post("/api/v1/auth/refresh", json={"refresh_token": held["refresh_token"]}).json()
    assert program.as_(fresh["access_token"]).get("/api/v1/auth/me").status_code == 200
    reused = program.post("/api/v1/auth/refresh", json={"refresh_token": held["refresh_token"]})
    assert code_of(reused) == (401, "UNAUTHENTICATED")
    assert program.get("/api/v1/auth/me").status_code == 401
    with application.use.database.read() as session:
        told = audit.details(audit.newest(session, audit.chosen(action="refresh"), limit=9)[0])
    assert (told["actor"], told["outcome"], told["after"]["revoked"]) == (
        "ada", "UNAUTHENTICATED", "a refresh token came twice",
    )  # fmt: skip
    program.as_(program.post("/api/v1/auth/login", json=SIGN_IN).json()["access_token"])
    assert program.post("/api/v1/auth/logout", json={}).status_code == 204
    assert program.get("/api/v1/auth/me").status_code == 401


def test_a_second_factor_over_the_api(operator: Client, application: Application, program: Program) -> None:
    begun = operator.change("/api/v1/auth/mfa/enrol", {"password": PASSWORD}).json()
    phone = Authenticator(application.use, begun["secret"])
    codes = operator.change("/api/v1/auth/mfa/confirm", {"code": phone.code}).json()["recovery_codes"]
    login = {"name": "operator", "password": PASSWORD}
    assert code_of(program.post("/api/v1/auth/login", json=login)) == (401, "SECOND_FACTOR_NEEDED")
    assert program.post("/api/v1/auth/login", json={**login, "code": codes[0]}).status_code == 200
    assert code_of(program.post("/api/v1/auth/login", json={**login, "code": codes[0]})) == (401, "UNAUTHENTICATED")
    assert operator.change("/api/v1/auth/mfa/disable", {"password": PASSWORD}).status_code == 204


def test_accounts_are_made_changed_and_removed(admin: Client, application: Application, program: Program) -> None:
    made = admin.change("/api/v1/users", {"name": "bob", "role": "viewer"}).json()
    assert made["link"] == f"{BASE}/reset?secret={made['secret']}"
    users.redeem(application.use, made["secret"], PASSWORD)
    program.as_(program.post("/api/v1/auth/login", json={"name": "bob", "password": PASSWORD}).json()["access_token"])
    held = admin.get("/api/v1/users/bob/sessions").json()["items"]
    assert [each["kind"] for each in held] == ["api"]
    headers = {"X-CSRF-Token": admin.csrf, "If-Match": "*"}
    assert admin.patch("/api/v1/users/bob", json={"role": "operator"}, headers=headers).json()["role"] == "operator"
    assert program.get("/api/v1/auth/me").json()["role"] == "operator"
    assert admin.delete(f"/api/v1/users/bob/sessions/{held[0]['id']}", headers=headers).status_code == 204
    assert program.get("/api/v1/auth/me").status_code == 401
    assert admin.patch("/api/v1/users/bob", json={"is_disabled": True}, headers=headers).json()["is_disabled"] is True
    assert admin.change("/api/v1/users/bob/reset-password").status_code == 409
    assert admin.patch("/api/v1/users/admin", json={"role": "viewer"}, headers=headers).status_code == 409
    assert admin.delete("/api/v1/users/bob", headers=headers).status_code == 204
    assert [each["name"] for each in admin.get("/api/v1/users").json()["items"]] == ["admin"]


def test_every_change_is_in_the_audit_log(operator: Client, admin: Client, program: Program) -> None:
    key = made(operator)
    program.as_(key["key"]).post("/api/v1/machines/none/deploy", json={"template": "x"})
    program.as_(key["key"]).delete("/api/v1/machines")
    program.as_("wrong").post("/api/v1/machines/none/deploy", json={})
    operator.post("/theme", data={"csrf_token": operator.csrf, "theme": "dark"})
    operator.change("/api/v1/users", {"name": "eve", "role": "admin"})
    answer = admin.get("/api/v1/audit")
    rows = {(row["actor"], row["action"], row["outcome"]): row for row in answer.json()["items"]}
    assert set(rows) == {
        ("operator", "POST /api/v1/api-keys", "done"),
        ("operator (key ci)", "POST /api/v1/machines/<name>/deploy", "NOT_FOUND"),
        ("operator", "POST /api/v1/users", "DENIED"),
    }
    row = rows["operator (key ci)", "POST /api/v1/machines/<name>/deploy", "NOT_FOUND"]
    assert (row["via"], row["target"], row["address"]) == (f"key {key['id']}", "none", "10.0.0.9")
    assert row["request_id"] and key["key"].rpartition("_")[2] not in answer.text
    assert len(admin.get("/api/v1/audit?actor=operator&limit=1").json()["items"]) == 1
    assert operator.get("/api/v1/audit").status_code == 403


def test_an_administrator_without_the_second_factor_that_is_wanted_may_only_enrol(
    admin: Client, application: Application
) -> None:
    object.__setattr__(application.use.settings, "admins_need_totp", True)
    assert code_of(admin.get("/api/v1/machines")) == (403, "DENIED")
    assert "/account/second-factor" in admin.get("/").text
    assert admin.get("/login").status_code == 303
