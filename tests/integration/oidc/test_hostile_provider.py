"""A provider that lies, hangs or floods: nobody comes in, the page says why, and passwords work all the same."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import time
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from gough.adapters.oidc import http
from gough.web.authentication import COOKIE
from tests.integration.oidc.conftest import GOUGH, Gough, came_back, local_sign_in
from tests.integration.web.portal_forms import words
from tests.support.clock import Clock
from tests.support.oidc.browser import Browser
from tests.support.oidc.hostile import HostileProvider

HOUR = timedelta(hours=1)
METADATA_SERVICE = "http://169.254.169.254/latest"


@pytest.fixture
def gough(open_gough: Callable[..., Gough], hostile: HostileProvider) -> Gough:
    return open_gough(hostile.issuer)


@pytest.fixture
def browser(gough: Gough, open_browser: Callable[[Gough], Browser]) -> Browser:
    return open_browser(gough)


def refusal(browser: Browser, hostile: HostileProvider, status: int = 502, **changed: str) -> str:
    """What the page says to somebody who was not let in; they can still sign in with a password."""
    answer = came_back(browser, hostile, **changed)
    assert answer.status_code == status and COOKIE not in browser.cookies, words(answer)
    assert 'name="password"' in answer.text, "the page of the error has no way in"
    return words(answer)


def test_an_honest_answer_is_believed(gough: Gough, browser: Browser, hostile: HostileProvider) -> None:
    """Without which none of the refusals below would say anything."""
    answer = came_back(browser, hostile)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/users").status_code == 200
    assert "/userinfo" not in hostile.asked, "the groups stood in the token"


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.example"}, {"iss": None},
        {"aud": "other"}, {"aud": None}, {"aud": ["gough", "other"]}, {"azp": "other"},
        {"exp": -HOUR}, {"exp": None}, {"exp": "never"}, {"exp": float("nan")},
        {"iat": HOUR}, {"iat": -HOUR}, {"iat": None}, {"nbf": HOUR},
        {"nonce": "of another sign-in"}, {"nonce": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, {"at_hash": 7},
        {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_says_something_else(lie: Mapping[str, Any], browser: Browser, hostile: HostileProvider) -> None:
    hostile.lie = {name: _moment(value) if isinstance(value, timedelta) else value for name, value in lie.items()}
    assert "its ID token is not to be believed" in refusal(browser, hostile)


def test_clocks_may_differ_a_little(browser: Browser, hostile: HostileProvider) -> None:
    hostile.lie = {"iat": _moment(timedelta(seconds=30)), "exp": _moment(timedelta(seconds=-30))}
    assert came_back(browser, hostile).status_code == 303


def _moment(from_now: timedelta) -> int:
    return int(time() + from_now.total_seconds())


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


def without_signature(token: str) -> str:
    head = encoded(b'{"alg":"none"}')
    return f"{head}.{token.split('.')[1]}."


def with_other_claims(token: str) -> str:
    head, body, signature = token.split(".")
    said = urlsafe_b64decode(body + "==").replace(b"subject of ada", b"subject of eve")
    return f"{head}.{encoded(said)}.{signature}"


def signed_with_the_public_key(hostile: HostileProvider) -> Callable[[str], str]:
    """HS256, whose secret would be what everybody can read."""
    public = hostile.key.as_pem(private=False)

    def forged(token: str) -> str:
        begin = ".".join((encoded(b'{"alg":"HS256","kid":"first"}'), token.split(".")[1]))
        return f"{begin}.{encoded(hmac.digest(public, begin.encode(), 'sha256'))}"

    return forged


@pytest.mark.parametrize(
    "forged",
    [
        lambda _: without_signature,
        lambda _: with_other_claims,
        signed_with_the_public_key,
        lambda _: lambda _token: "not a token",
        lambda _: lambda token: f"{token.rpartition('.')[0]}.",
    ],
    ids=["none", "tampered", "HS256", "garbage", "cut"],
)
def test_a_forged_token(
    forged: Callable[[HostileProvider], Callable[[str], str]], browser: Browser, hostile: HostileProvider
) -> None:
    hostile.forge = forged(hostile)
    assert "its ID token is not to be believed" in refusal(browser, hostile)


def test_a_key_of_the_same_name_is_another_key(browser: Browser, hostile: HostileProvider) -> None:
    hostile.key = RSAKey.generate_key(2048, {"kid": "first"}, private=True)
    assert "not to be believed" in refusal(browser, hostile)


def test_unknown_keys_are_looked_for_once(browser: Browser, hostile: HostileProvider) -> None:
    came_back(browser, hostile)
    assert hostile.asked["/keys"] == 1
    hostile.rotate()
    browser.cookies.clear()
    assert came_back(browser, hostile).status_code == 303, "a new key is not found"
    assert hostile.asked["/keys"] == 2
    hostile.head = {"kid": "third"}
    browser.cookies.clear()
    refusal(browser, hostile)
    assert hostile.asked["/keys"] == 3


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ((500, b"oops"), "answered 500"),
        ((302, b""), "redirects"),
        ((200, b"<html>"), "unusable answer"),
        ((200, b"{}"), "id_token"),
        ((200, b'{"id_token": "' + b"x" * 2**20 + b'"}'), "more than 512 KiB"),
        ((400, b'{"error": "invalid_client", "error_description": "no\\u0000\\nsuch"}'), "invalid_client: no such"),
        ((400, b'a page that quotes "the secret"'), "no explanation"),
    ],
    ids=["500", "redirect", "html", "empty", "flood", "oauth", "text"],
)
def test_bad_answers(page: tuple[int, bytes], said: str, browser: Browser, hostile: HostileProvider) -> None:
    hostile.pages["/token"] = lambda: page
    found = refusal(browser, hostile)
    assert said in found and "the secret" not in found
    assert "/elsewhere" not in hostile.asked


def test_one_that_hangs_is_left(browser: Browser, hostile: HostileProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    came_back(browser, hostile)
    browser.cookies.clear()
    monkeypatch.setattr(http, "LONGEST_SECONDS", 0.0)
    assert "takes longer than" in refusal(browser, hostile)


def test_a_silent_one_is_left(
    gough: Gough, browser: Browser, hostile: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.3))  # before the client is made, at the first sign-in
    hostile.pages["/.well-known/openid-configuration"] = lambda: (200 if hostile.over.wait() else 0, b"")
    answer = browser.get("/login/oidc")
    assert answer.status_code == 502 and "timed out" in words(answer)
    assert local_sign_in(browser) == 303


@pytest.mark.parametrize(
    ("discovery", "said"),
    [
        ({"issuer": "https://evil.example"}, "it calls itself 'https://evil.example'"),
        ({"token_endpoint": "file:///etc/passwd"}, "token_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
    ],
)
def test_bad_discovery(discovery: Mapping[str, Any], said: str, browser: Browser, hostile: HostileProvider) -> None:
    hostile.discovery = discovery
    answer = browser.get("/login/oidc")
    assert answer.status_code == 502 and said in words(answer)


def test_it_cannot_send_gough_to_the_metadata_service(browser: Browser, hostile: HostileProvider) -> None:
    hostile.discovery = {"token_endpoint": METADATA_SERVICE}
    assert "which Gough does not ask" in refusal(browser, hostile)


def test_an_answer_from_elsewhere(browser: Browser, hostile: HostileProvider) -> None:
    assert "not from the provider" in refusal(browser, hostile, 401, iss="https://evil.example")
    assert "another sign-in" in refusal(browser, hostile, 401, state="guessed")
    assert hostile.asked.get("/token") is None


def test_a_provider_that_names_itself_always_does(browser: Browser, hostile: HostileProvider) -> None:
    hostile.discovery = {"authorization_response_iss_parameter_supported": True}
    assert "not from the provider" in refusal(browser, hostile, 401)
    assert came_back(browser, hostile, iss=hostile.issuer).status_code == 303


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("access_denied", 403, "did not let you in (access_denied: <b>no</b>)"),
        ("temporarily_unavailable", 502, "temporarily_unavailable"),
        ("invalid_scope", 502, "must agree"),
    ],
)
def test_a_no(error: str, status: int, said: str, browser: Browser, hostile: HostileProvider) -> None:
    answer = came_back(browser, hostile, error=error, error_description="<b>no</b>")
    assert answer.status_code == status and "<b>no" not in answer.text
    assert said in words(answer)


def test_groups_may_stand_in_userinfo_alone(gough: Gough, browser: Browser, hostile: HostileProvider) -> None:
    hostile.lie = {"groups": None, "preferred_username": None}
    hostile.userinfo = {"sub": "subject of ada", "groups": "ops", "preferred_username": "ada / lovelace"}
    assert came_back(browser, hostile).status_code == 303
    made = gough.user("ada  lovelace")
    assert made is not None and made.role == "operator"
    browser.cookies.clear()
    hostile.userinfo = {"sub": "subject of eve", "groups": ["gough-admins"]}
    assert "about somebody else" in refusal(browser, hostile)


def test_groups_of_a_claim_inside_another(
    open_gough: Callable[..., Gough], open_browser: Callable[[Gough], Browser], hostile: HostileProvider
) -> None:
    gough = open_gough(hostile.issuer, GOUGH_OIDC_GROUPS_CLAIM="realm_access.roles")
    hostile.lie = {"realm_access": {"roles": ["ops", 7]}}
    assert came_back(open_browser(gough), hostile).status_code == 303
    made = gough.user("ada")
    assert made is not None and made.role == "operator"


@pytest.mark.parametrize(
    ("needed", "claim", "fine"),
    [("GOUGH_OIDC_NEED_AMR", "amr", ["pwd", "mfa"]), ("GOUGH_OIDC_NEED_ACR", "acr", "mfa")],
)
def test_a_second_factor_can_be_insisted_on(
    needed: str, claim: str, fine: object, open_gough: Callable[..., Gough],
    open_browser: Callable[[Gough], Browser], hostile: HostileProvider,
) -> None:  # fmt: skip
    browser = open_browser(open_gough(hostile.issuer, **{needed: "mfa otp", "GOUGH_ADMINS_NEED_TOTP": "true"}))
    for weak in (None, [], ["pwd"] if claim == "amr" else "pwd"):
        hostile.lie = {claim: weak}
        assert "stronger sign-in" in refusal(browser, hostile, 403)
    hostile.lie = {claim: fine}
    assert came_back(browser, hostile).status_code == 303
    assert browser.get("/users").status_code == 200, "Gough's own second factor is asked for as well"


def test_the_first_one_must_be_an_administrator(gough: Gough, browser: Browser, hostile: HostileProvider) -> None:
    with gough.use.database.write() as session:
        session.delete(gough.user("root"))
    hostile.lie = {"groups": ["ops"]}
    answer = came_back(browser, hostile)
    assert answer.status_code == 403 and gough.names() == set()
    hostile.lie = {}
    assert came_back(browser, hostile).status_code == 303 and gough.names() == {"ada"}


def test_what_was_begun_lasts_ten_minutes(gough: Gough, browser: Browser, hostile: HostileProvider) -> None:
    clock = Clock()
    gough.use.database.now = clock
    browser.get("/login/oidc")
    kept = browser.cookies["gough_oidc"]
    clock.forward(minutes=10, seconds=1)
    answer = browser.get("/login/oidc/callback", params={"code": "x", "state": "x"})
    assert answer.status_code == 401 and "took too long" in words(answer)
    assert kept and "gough_oidc" not in browser.cookies


def test_over_https_no_other_host_can_begin_a_sign_in(
    open_gough: Callable[..., Gough], hostile: HostileProvider
) -> None:
    gough = open_gough(hostile.issuer, GOUGH_PUBLIC_URL="https://gough.example")
    with httpx.Client(transport=httpx.WSGITransport(gough.guard), base_url="https://gough.example") as client:
        said = client.get("/login/oidc").headers["set-cookie"]
    assert said.startswith("__Host-gough_oidc=") and "Secure" in said and "Path=/;" in said and "Domain" not in said


def test_without_single_sign_on_there_is_no_such_page(
    open_gough: Callable[..., Gough], open_browser: Callable[[Gough], Browser]
) -> None:
    browser = open_browser(open_gough(""))
    assert browser.get("/login/oidc").status_code == 404
    assert "single sign-on" not in browser.get("/login").text
    assert str(browser.base_url) == GOUGH and local_sign_in(browser) == 303
