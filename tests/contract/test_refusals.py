"""Whatever a region refuses becomes one of our errors, with its words and without the key."""

import time
import traceback
from collections.abc import Callable

import httpx
import pytest

from gough.adapters.maas import MaasClient
from gough.adapters.maas.errors import translate
from gough.domain.errors import Conflict, GoughError, Invalid, Misconfigured, NotFound, Refused, Unavailable

from .harness import NO_BMC, Lab, Target, signature

REFUSED_FOR_A_NEW_MACHINE: dict[str, tuple[Callable[[MaasClient, str], object], str]] = {
    "allocate": (lambda maas, i: maas.allocate(i, agent_name="x"), "No available machine matches constraints"),
    "deploy": (lambda maas, i: maas.deploy(i, series="noble", user_data=b""), "Can't deploy a machine that is in"),
    "release": (lambda maas, i: maas.release(i), "Machine cannot be released in its current state ('New')."),
    "abort": (lambda maas, i: maas.abort(i), "Cannot abort in current state"),
    "power on": (lambda maas, i: maas.power_on(i), "Can't start node: it hasn't been allocated."),
    "set owner data": (lambda maas, i: maas.set_owner_data(i, {"a": "b"}), "it hasn't been acquired"),
}  # fmt: skip


def everything_said(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


@pytest.mark.parametrize("action", REFUSED_FOR_A_NEW_MACHINE)
def test_a_wrong_state_is_a_conflict_in_maas_words(target: Target, maas: MaasClient, action: str) -> None:
    act, words = REFUSED_FOR_A_NEW_MACHINE[action]
    with pytest.raises(Conflict) as refusal:
        act(maas, target.new_machine())
    assert words in str(refusal.value)


def test_an_unknown_machine_is_not_found(maas: MaasClient) -> None:
    with pytest.raises(NotFound, match=r"No Machine matches the given query\."):
        maas.machine("zzzzzz")
    with pytest.raises(NotFound, match=r"No Machine matches the given query\."):
        maas.release("zzzzzz")


@pytest.mark.parametrize("strange", ["", "..", "a/b", "a?op=release", "ä"])
def test_what_cannot_be_an_id_is_not_found_without_asking(maas: MaasClient, strange: str) -> None:
    with pytest.raises(NotFound):
        maas.machine(strange)


def test_commissioning_a_deployed_machine_is_a_conflict_although_maas_says_400(lab: Lab) -> None:
    with pytest.raises(Conflict, match="because of the current state"):
        lab.maas.commission(lab.deployed())


def test_a_wrong_field_is_invalid_and_named(lab: Lab) -> None:
    with pytest.raises(Invalid) as refusal:
        lab.maas.deploy(lab.ready(), series="nosuch", user_data=b"")
    assert [problem.pointer for problem in refusal.value.problems] == ["/distro_series"]
    assert "'nosuch' is not a valid distro_series." in refusal.value.problems[0].message
    assert "is not a valid distro_series" in str(refusal.value)


def test_a_locked_machine_refuses_with_a_hint(lab: Lab) -> None:
    system_id = lab.deployed()
    assert lab.target.http("POST", f"machines/{system_id}/op-lock").status_code == 200
    with pytest.raises(Refused) as refusal:
        lab.maas.release(system_id)
    assert "locked" in refusal.value.hint


def test_a_silent_bmc_is_unavailable_and_power_on_says_so(lab: Lab) -> None:
    system_id = lab.deployed()
    lab.power.broken.add(system_id)
    with pytest.raises(Unavailable, match=NO_BMC):
        lab.maas.power_on(system_id)


def test_a_wrong_secret_is_refused_and_neither_secret_shows(target: Target) -> None:
    consumer, token, right = target.api_key.split(":")
    wrong = "0123456789abcdef0123456789abcdef"
    with pytest.raises(Refused) as refusal:
        target.client(f"{consumer}:{token}:{wrong}").whoami()
    said = everything_said(refusal.value)
    assert "Invalid signature" in said
    assert "clock" in refusal.value.hint
    for secret in (right, wrong, token, consumer):
        assert secret not in said


@pytest.mark.parametrize("part", [0, 1])
def test_an_unknown_key_is_refused(target: Target, part: int) -> None:
    parts = target.api_key.split(":")
    parts[part] = "nosuchkey"
    with pytest.raises(Refused, match="Authorization Error"):
        target.client(":".join(parts)).whoami()


@pytest.mark.parametrize("key", ["", "one", "one:two", "one:two:", "a:b:c:d"])
def test_a_key_without_three_parts_is_refused_before_it_is_used(target: Target, key: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        MaasClient(target.url, key)
    assert "two" not in str(refusal.value)


@pytest.mark.parametrize("url", ["", "maas", "ftp://maas/MAAS/", "http://", "http://maas:port/"])
def test_a_setting_that_is_no_url_is_refused_before_it_is_used(url: str) -> None:
    with pytest.raises(Misconfigured):
        MaasClient(url, "a:b:c")


def test_a_client_does_not_show_its_key(target: Target, maas: MaasClient) -> None:
    for secret in target.api_key.split(":"):
        assert secret not in repr(maas)
        assert secret not in repr(vars(maas))


def test_a_nonce_is_taken_once(target: Target) -> None:
    header = signature(target.api_key)
    assert target.http("GET", "users/?op=whoami", auth=header).status_code == 200
    again = target.http("GET", "users/?op=whoami", auth=header)
    assert again.status_code == 401
    assert "Nonce already used" in again.text


@pytest.mark.parametrize("behind", [400, 86_400])
def test_a_slow_clock_is_healed_by_the_regions(target: Target, behind: int) -> None:
    maas = target.client(clock=lambda: time.time() - behind)
    assert maas.whoami()
    assert maas.version()


def test_a_slow_clock_does_not_repeat_what_was_done(lab: Lab) -> None:
    system_id = lab.ready()
    late = lab.target.client(clock=lambda: time.time() - 4000)
    late.allocate(system_id, agent_name="late")
    assert lab.region.calls["allocate", system_id] == 1


def test_a_database_conflict_of_maas_own_is_worth_another_try() -> None:
    page = "<html><head><title>x</title></head><body><h2>Conflict error. Try again.</h2></body></html>"
    answer = httpx.Response(409, headers={"Retry-After": "5", "Content-Type": "text/html"}, text=page)
    error = translate(answer, str)
    assert isinstance(error, Unavailable)
    assert str(error) == "MAAS: 409 Conflict error. Try again."


class Hiccups:
    """Answers the first `times` requests with an error, then lets them through."""

    def __init__(self, times: int, status: int = 503, words: str = "busy") -> None:
        self.seen = 0
        self._times, self._instead = times, (status, words)

    def __call__(self, method: str, path: str, op: str | None) -> tuple[int, str] | None:
        self.seen += 1
        return self._instead if self.seen <= self._times else None


@pytest.mark.parametrize("status", [502, 503, 504])
def test_reading_survives_two_hiccups(lab: Lab, status: int) -> None:
    lab.region.intercept = Hiccups(2, status)
    assert lab.maas.whoami() == "admin"


def test_reading_gives_up_after_three_tries(lab: Lab) -> None:
    lab.region.intercept = hiccups = Hiccups(99, words="out of order")
    with pytest.raises(Unavailable, match="503 out of order"):
        lab.maas.whoami()
    assert hiccups.seen == 3


def test_asking_for_a_change_is_never_repeated(lab: Lab) -> None:
    system_id = lab.ready()
    lab.region.intercept = hiccups = Hiccups(99)
    with pytest.raises(Unavailable):
        lab.maas.allocate(system_id, agent_name="x")
    assert hiccups.seen == 1


def test_a_mistake_of_maas_own_is_unavailable(lab: Lab) -> None:
    lab.region.intercept = Hiccups(99, 500, "'NoneType' object has no attribute 'system_id'")
    with pytest.raises(Unavailable, match="500 'NoneType'"):
        lab.maas.version()


@pytest.mark.parametrize("status", [301, 302, 404, 405, 409, 410, 418, 429])
def test_every_other_status_is_an_error_of_ours(lab: Lab, status: int) -> None:
    lab.region.intercept = Hiccups(99, status, "words of a proxy")
    with pytest.raises(GoughError, match="words of a proxy"):
        lab.maas.version()


@pytest.mark.parametrize("body", ["<html>Sign in</html>", "", "[1, 2]", "null", '{"other": 1}'])
def test_a_success_that_is_not_maas_is_unavailable_and_says_what_came(lab: Lab, body: str) -> None:
    lab.region.intercept = Hiccups(99, 200, body)
    with pytest.raises(Unavailable, match=r"unusable answer, 200 with .* text/plain"):
        lab.maas.version()


def test_power_secrets_are_not_quoted_when_they_cannot_be_read(lab: Lab) -> None:
    lab.region.intercept = Hiccups(99, 200, '{"abc": {"power_pass": "hunter2"')
    with pytest.raises(Unavailable) as refusal:
        lab.maas.system_ids()
    error: BaseException | None = refusal.value
    while error is not None:
        assert "hunter2" not in everything_said(error)
        error = error.__cause__ or error.__context__


def test_a_region_that_is_gone_is_unavailable(lab: Lab) -> None:
    lab.server.close()
    with pytest.raises(Unavailable, match="no answer from http"):
        lab.target.client().version()
