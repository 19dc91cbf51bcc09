"""Signing in at npm's oidc-provider, through its own forms, and what that makes of people in Gough."""

from collections.abc import Callable
from html import unescape

import pytest

from gough.domain.permissions import Permission, Role
from gough.services import api_keys, people, users
from gough.web.authentication import COOKIE
from tests.integration.oidc.conftest import GOUGH, Gough, local_sign_in
from tests.integration.web.portal_forms import words
from tests.support.oidc.browser import Browser, parameters
from tests.support.oidc.real import RealProvider
from tests.support.people import PASSWORD


@pytest.fixture
def gough(open_gough: Callable[..., Gough], provider: RealProvider) -> Gough:
    return open_gough(provider.issuer)


@pytest.fixture
def browser(gough: Gough, open_browser: Callable[[Gough], Browser]) -> Browser:
    return open_browser(gough)


@pytest.mark.parametrize(("name", "role"), [("ada", Role.ADMIN), ("bob", Role.OPERATOR)])
def test_groups_become_a_role(name: str, role: Role, gough: Gough, browser: Browser) -> None:
    """And the strongest, where several have one."""
    answer = browser.sign_on(name, onward="/jobs")
    assert (answer.status_code, str(answer.url)) == (200, f"{GOUGH}/jobs")
    assert browser.get("/users").status_code == (200 if role is Role.ADMIN else 403)
    made = gough.user(name)
    assert made is not None and made.role == role.value and not made.password_hash
    entry = gough.audited()[0]
    assert (entry["actor"], entry["via"], entry["outcome"], entry["address"]) == (
        name, "single sign-on", "done", "127.0.0.1"
    )  # fmt: skip
    assert role.value in str(entry["after"]) and f"{name} at http://127.0.0.1" in str(entry["after"])


def test_nobody_comes_in_without_a_group(gough: Gough, browser: Browser) -> None:
    answer = browser.sign_on("eve")
    assert answer.status_code == 403 and "None of your groups has a role in Gough" in words(answer)
    assert COOKIE not in browser.cookies and gough.names() == {"root"}
    entry = gough.audited()[0]
    assert entry["outcome"] == "DENIED" and "visitors" in str(entry["after"])


def test_everybody_comes_in_where_there_is_a_default(
    open_gough: Callable[..., Gough], open_browser: Callable[[Gough], Browser], provider: RealProvider
) -> None:
    gough = open_gough(provider.issuer, GOUGH_OIDC_DEFAULT_ROLE="viewer")
    assert open_browser(gough).sign_on("eve").status_code == 200
    made = gough.user("eve")
    assert made is not None and made.role == Role.VIEWER.value


def test_whoever_lost_the_group_loses_everything(
    gough: Gough, browser: Browser, open_browser: Callable[[Gough], Browser], provider: RealProvider
) -> None:
    browser.sign_on("bob")
    bob = gough.user("bob")
    assert bob is not None
    _, key = api_keys.create(gough.use, bob.id, api_keys.Wish("cron", frozenset({Permission.VIEW})))
    assert browser.get("/jobs").status_code == 200
    provider.know({"bob": ["visitors"]})
    assert open_browser(gough).sign_on("bob").status_code == 403
    assert browser.get("/jobs").status_code == 303, "the other session goes on"
    answer = browser.get("/api/v1/machines", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401, "the key goes on"
    assert "every session" in str(gough.audited()[0]["after"])


def test_the_role_follows_the_groups(gough: Gough, browser: Browser, provider: RealProvider) -> None:
    browser.sign_on("ada")
    provider.know({"ada": ["all"]})
    browser.get("/login")
    browser.cookies.clear()
    assert browser.sign_on("ada").status_code == 200
    made = gough.user("ada")
    assert made is not None and made.role == Role.VIEWER.value
    entry = gough.audited()[0]
    assert entry["before"] == {"role": "admin"} and "viewer" in str(entry["after"])


def test_an_account_disabled_here_stays_so(gough: Gough, browser: Browser) -> None:
    browser.sign_on("bob")
    users.disable(gough.use, "bob")
    answer = browser.sign_on("bob")
    assert answer.status_code == 403 and "disabled" in words(answer)
    assert browser.get("/jobs").status_code == 303


def test_a_local_account_of_the_same_name_is_somebody_else(gough: Gough, browser: Browser) -> None:
    assert browser.sign_on("root").status_code == 200
    assert gough.names() == {"root", "root@127.0.0.1"}
    assert browser.get("/users").status_code == 403, "they are the local administrator"
    browser.cookies.clear()
    browser.sign_on("root")
    assert gough.names() == {"root", "root@127.0.0.1"}, "who comes again is somebody new"
    browser.cookies.clear()
    assert local_sign_in(browser) == 303


def test_a_password_is_no_way_round_the_provider(gough: Gough, browser: Browser) -> None:
    browser.sign_on("bob")
    users.redeem(gough.use, users.reset_password(gough.use, "bob"), PASSWORD)
    browser.cookies.clear()
    assert local_sign_in(browser, "bob") == 401


def test_keys_that_are_changed_are_found(gough: Gough, browser: Browser, provider: RealProvider) -> None:
    browser.sign_on("ada")
    provider.stop()
    provider.start()
    browser.cookies.clear()
    assert browser.sign_on("ada").status_code == 200


def test_while_the_provider_is_down_passwords_work(gough: Gough, browser: Browser, provider: RealProvider) -> None:
    back = browser.returning("bob")
    provider.stop()
    try:
        answer = browser.get(back)
        assert answer.status_code == 502 and "Test Login: no answer from http://127.0.0.1" in words(answer)
        assert local_sign_in(browser) == 303
    finally:
        provider.start()


def test_a_code_is_good_once(gough: Gough, browser: Browser) -> None:
    """Even for somebody who kept all that the browser had."""
    back = browser.returning("bob")
    kept = browser.cookies["gough_oidc"]
    assert browser.get(back).status_code == 303
    browser.cookies.clear()
    assert browser.get(back).status_code == 401, "without what the browser kept"
    browser.cookies.set("gough_oidc", kept, domain="localhost.local", path="/")
    again = browser.get(back)
    assert again.status_code == 502 and "invalid_grant" in words(again) and COOKIE not in browser.cookies


def test_nobody_is_signed_in_as_somebody_else(
    gough: Gough, browser: Browser, open_browser: Callable[[Gough], Browser]
) -> None:
    """An attacker's own answer does nothing in another browser, even one that has begun a sign-in itself."""
    back = browser.returning("eve")
    victim = open_browser(gough)
    assert victim.get(back).status_code == 401
    victim.get("/login/oidc")
    answer = victim.get(back)
    assert answer.status_code == 401 and "another sign-in" in words(answer) and COOKIE not in victim.cookies
    assert [entry["outcome"] for entry in gough.audited()] == ["UNAUTHENTICATED"] * 2


def test_signing_out_of_both(gough: Gough, browser: Browser, provider: RealProvider) -> None:
    browser.sign_on("ada")
    caller = people.who(gough.use, browser.cookies[COOKIE])
    assert caller is not None
    page = browser.post("/logout", data={"csrf_token": caller.csrf_token})
    assert page.status_code == 200 and browser.get("/jobs").status_code == 303
    there = browser.submit(browser.go(_link(page.text)), logout="yes")
    assert str(there.url).startswith(f"{GOUGH}/login"), "the provider does not lead back"
    assert browser.go("/login/oidc").url.path.startswith("/interaction/"), "the provider knows them still"
    assert "POST /logout" in gough.entries()


def test_only_paths_of_ours_follow(gough: Gough, browser: Browser) -> None:
    for onward in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = browser.sign_on("bob", onward=onward)
        assert str(answer.url) == f"{GOUGH}/"
        browser.cookies.clear()


def test_passwords_can_be_switched_off(
    open_gough: Callable[..., Gough], open_browser: Callable[[Gough], Browser], provider: RealProvider
) -> None:
    gough = open_gough(provider.issuer, GOUGH_OIDC_ALLOW_LOCAL="false")
    browser = open_browser(gough)
    page = browser.get("/login")
    assert "Sign in with Test Login" in words(page) and 'name="password"' not in page.text
    answer = browser.post("/api/v1/auth/login", json={"name": "root", "password": PASSWORD})
    assert answer.status_code == 401 and "Nobody signs in with a password here" in answer.text
    assert browser.sign_on("ada").status_code == 200


def test_what_the_browser_is_sent_with(gough: Gough, browser: Browser, provider: RealProvider) -> None:
    answer = browser.get("/login/oidc")
    asked = parameters(answer.headers["location"])
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert asked["redirect_uri"] == f"{GOUGH}/login/oidc/callback" and asked["scope"] == "openid profile groups"
    assert min(len(asked["state"]), len(asked["nonce"])) >= 43
    said = answer.headers["set-cookie"]
    assert "HttpOnly" in said and "SameSite=Lax" in said
    assert asked["nonce"] not in said and asked["state"] not in said


def _link(page: str) -> str:
    return unescape(page.partition('class="button primary" href="')[2].partition('"')[0])
