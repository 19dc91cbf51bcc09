"""The portal's pages about people: the second step of signing in, the account, API keys, people, audit."""

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from gough.bootstrap import Application
from gough.domain.permissions import Role
from gough.services import people, second_factor
from gough.web.guard import Guard
from tests.integration.web.conftest import BASE, PASSWORD, Client
from tests.integration.web.portal_forms import faults, hidden, send, words
from tests.support.people import Authenticator, account, enrolled

NEW = "another battery staple"


def shown_once(answer: httpx.Response) -> str:
    found = re.search(r'<pre class="code wraps" id="once"[^>]*>(.*?)</pre>', answer.text, re.DOTALL)
    assert found is not None, answer.text
    return unescape(found[1])


@pytest.fixture
def second(guard: Guard) -> Iterator[Client]:
    """Another browser."""
    with Client(transport=httpx.WSGITransport(guard), base_url=BASE) as client:
        yield client


def begin(client: Client, name: str, password: str = PASSWORD, onward: str = "/") -> httpx.Response:
    token = hidden(client.get("/login"), "csrf_token")
    return client.post("/login", data={"csrf_token": token, "name": name, "password": password, "next": onward})


def test_a_second_step_where_there_is_a_second_factor(application: Application, outsider: Client) -> None:
    phone, codes = enrolled(application.use, account(application.use, "ada", Role.VIEWER))
    step = begin(outsider, "ada", onward="/jobs")
    assert step.status_code == 200 and not outsider.cookies.get("gough_session")
    fields = {name: hidden(step, name) for name in ("csrf_token", "ticket", "next")}
    wrong = outsider.post("/login/code", data={**fields, "code": "000000"})
    assert wrong.status_code == 401 and "The code is wrong" in words(wrong)
    assert outsider.post("/login/code", data={**fields, "ticket": "x", "code": codes[0]}).status_code == 401
    assert outsider.post("/login/code", data={**fields, "code": phone.code}).status_code == 401  # it has confirmed
    done = outsider.post("/login/code", data={**fields, "code": codes[0]})
    assert (done.status_code, done.headers["location"]) == (303, "/jobs")
    assert outsider.get("/jobs").status_code == 200


def test_enrolling_and_taking_away(operator: Client, application: Application, outsider: Client) -> None:
    wrong = send(operator, "/account/second-factor/begin", password="x")
    assert wrong.status_code == 401 and "The password is wrong" in words(wrong)
    send(operator, "/account/second-factor/begin", password=PASSWORD)
    page = operator.get("/account/second-factor")
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)
    assert secret is not None and 'src="data:image/svg+xml' in page.text
    refused = send(operator, "/account/second-factor/confirm", code="000000")
    assert refused.status_code == 422 and "code" in faults(refused)
    done = send(operator, "/account/second-factor/confirm", code=Authenticator(application.use, secret[1]).code)
    assert len(shown_once(done).splitlines()) == 10
    assert secret[1] not in operator.get("/account/second-factor").text
    assert "Second step" in words(begin(outsider, "operator"))
    send(operator, "/account/second-factor/disable", password=PASSWORD)
    assert begin(outsider, "operator").status_code == 303
    assert send(operator, "/account/second-factor/other").status_code == 404


def test_ones_sessions_and_password(operator: Client, second: Client, application: Application) -> None:
    begin(second, "operator")
    assert second.get("/account").status_code == 200
    page = operator.get("/account")
    ends = re.findall(r'action="(/account/sessions/\w+/end)"', page.text)
    here = people.who(application.use, operator.cookies["gough_session"])
    assert len(ends) == 2 and here is not None
    send(operator, next(path for path in ends if here.credential not in path))
    assert second.get("/account").status_code == 303
    wrong = send(operator, "/account/password", present="x", password=NEW, again=NEW)
    assert wrong.status_code == 401
    weak = send(operator, "/account/password", present=PASSWORD, password="short", again="short")
    assert weak.status_code == 422 and "password" in faults(weak)
    done = send(operator, "/account/password", present=PASSWORD, password=NEW, again=NEW)
    assert done.headers["location"] == "/login?made=password"
    assert operator.get("/account").status_code == 303
    assert begin(second, "operator", NEW).status_code == 303


def test_a_key_is_shown_once(operator: Client, admin: Client, outsider: Client) -> None:
    wrong = send(operator, "/keys/new", name="", scopes=["view", "manage"], networks="10.0.0.1/8, x", days="soon")
    assert set(faults(wrong)) == {"days"}
    wrong = send(operator, "/keys/new", name="", scopes=["view", "manage"], networks="10.0.0.1/8, x", days="9")
    assert set(faults(wrong)) == {"name", "scopes", "networks"} and 'value="10.0.0.1/8, x"' in wrong.text
    key = shown_once(send(operator, "/keys/new", name="ci", scopes=["view"], networks="", days="30"))
    bearer = {"Authorization": f"Bearer {key}"}
    assert outsider.get("/api/v1/machines", headers=bearer).status_code == 200
    page = operator.get("/keys")
    assert key not in page.text and "ci gough_" in words(page)
    path = re.search(r'action="(/keys/\w+)/rotate"', page.text)
    assert path is not None and shown_once(send(operator, f"{path[1]}/rotate")) != key
    assert "of operator" in words(admin.get("/keys"))
    assert send(operator, f"{path[1]}/revoke").headers["location"] == "/keys"
    assert outsider.get("/api/v1/machines", headers=bearer).status_code == 401
    assert "No API keys" in words(operator.get("/keys"))


def test_people_are_added_changed_and_removed(admin: Client, operator: Client, second: Client) -> None:
    link = shown_once(send(admin, "/users/new", name="bob", role="viewer"))
    form = second.get(link)
    fields = {name: hidden(form, name) for name in ("csrf_token", "secret")}
    assert second.post("/reset", data={**fields, "password": NEW, "again": "x"}).status_code == 422
    done = second.post("/reset", data={**fields, "password": NEW, "again": NEW})
    assert done.headers["location"] == "/login?made=password"
    assert second.post("/reset", data={**fields, "password": NEW, "again": NEW}).status_code == 401
    assert begin(second, "bob", NEW).status_code == 303
    send(admin, "/users/bob/role", role="operator")
    assert "operator" in words(second.get("/account"))
    page = admin.get("/users/bob")
    end = re.search(r'action="(/users/bob/sessions/\w+/end)"', page.text)
    assert end is not None and send(admin, end[1]).status_code == 303
    assert second.get("/account").status_code == 303
    assert shown_once(send(admin, "/users/bob/reset-password")) != link
    for act, said in (("disable", "disabled"), ("enable", "bob"), ("reset-second-factor", "bob")):
        assert send(admin, f"/users/bob/{act}").status_code == 303 and said in words(admin.get("/users"))
    assert send(admin, "/users/admin/disable").status_code == 409
    assert send(admin, "/users/bob/role", role="king").status_code == 422
    assert send(admin, "/users/bob/remove").status_code == 303 and "bob" not in words(admin.get("/users"))
    for path in ("/users", "/users/admin", "/audit"):
        assert operator.get(path).status_code == 403
    assert send(operator, "/users/new", name="eve", role="admin").status_code == 403
    assert "/users" not in operator.get("/account").text


def test_the_audit_page_tells_and_filters(admin: Client, operator: Client) -> None:
    send(admin, "/users/new", name="<b>bob</b>x", role="viewer")
    send(admin, "/users/new", name="bob", role="viewer")
    send(operator, "/users/new", name="eve", role="admin")
    page = admin.get("/audit")
    assert "admin session" in words(page) and "role: viewer" in words(page) and "DENIED" in words(page)
    assert "<b>bob" not in page.text
    assert "DENIED" not in words(admin.get("/audit?actor=admin"))
    assert "Nothing here" in words(admin.get("/audit?target=nothing"))


def test_an_administrator_who_must_enrol_is_led_there(application: Application, outsider: Client) -> None:
    object.__setattr__(application.use.settings, "admins_need_totp", True)
    root = account(application.use, "root", Role.ADMIN)
    assert begin(outsider, "root").headers["location"] == "/account/second-factor"
    assert "Administrators need a second factor" in words(outsider.get("/account/second-factor"))
    for path in ("/", "/keys", "/account", "/users"):
        assert outsider.get(path).status_code == 403
    second_factor.begin(application.use, root.id, PASSWORD)
    begun = second_factor.pending(application.use, root.id)
    assert begun is not None
    second_factor.confirm(application.use, root.id, Authenticator(application.use, begun.secret).code)
    assert outsider.get("/users").status_code == 200
