"""What is sent again, when, and what never is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gough.client import Client
from gough.domain.errors import Conflict, Invalid, Misconfigured, NotFound, Unavailable
from tests.integration.client.conftest import Odd, Told, Waits

Made = Callable[[], Client]
ME = Told(body=b'{"name": "ada", "role": "admin", "via": "key", "permissions": [], "tomorrow": "more"}')
JOB = Told(
    status=202,
    body=b'{"id": "job_1", "kind": "test", "state": "queued", "machine_id": "m", "hostname": "n", "parameters": {},'
    b'"created_by": "ada", "created_at": "2026-01-01T12:00:00.000Z", "started_at": null, "finished_at": null,'
    b'"cancel_requested_by": null, "diagnosis": null, "priority": "normal", "steps": []}',
)
HTML = {"Content-Type": "text/html"}


def busy(status: int, after: str) -> Told:
    return Told(status=status, headers={"Retry-After": after})


def test_a_busy_server_is_asked_again_when_it_says(odd: Odd, impatient: Made, waits: Waits) -> None:
    odd.answers = [busy(503, "7"), busy(429, "2"), ME]
    assert impatient().account.me().name == "ada"
    assert waits == [7, 2] and len(odd.asked) == 3


def test_the_moment_to_come_back_may_be_a_date(odd: Odd, impatient: Made, waits: Waits) -> None:
    odd.answers = [busy(503, format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)), ME]
    impatient().account.me()
    assert 25 < waits[0] <= 30


def test_who_is_told_to_come_back_much_later_is_told_so_at_once(odd: Odd, impatient: Made, waits: Waits) -> None:
    odd.answers = [busy(503, "3600")]
    with pytest.raises(Unavailable):
        impatient().account.me()
    assert (waits, len(odd.asked)) == ([], 1)


def test_pauses_grow_and_end(odd: Odd, impatient: Made, waits: Waits) -> None:
    odd.answers = [Told(status=503)]
    with pytest.raises(Unavailable):
        impatient().account.me()
    assert len(odd.asked) == 4
    assert [0.25 <= waits[0] <= 0.5, 0.5 <= waits[1] <= 1, 1 <= waits[2] <= 2] == [True] * 3


def test_a_change_carries_a_key_and_the_same_one_when_it_is_sent_again(odd: Odd, impatient: Made) -> None:
    odd.answers = [Told(body=b'{"id"', cut=True), busy(503, "1"), busy(429, "1"), JOB]
    client = impatient()
    assert client.machines.test("n").id == "job_1"
    first = odd.keys()
    assert len(first) == 4 and len(set(first)) == 1 and len(first[0]) >= 32
    client.machines.test("n")
    assert odd.keys()[-1] not in first


@pytest.mark.parametrize("answer", [Told(cut=True), Told(status=503)])
@pytest.mark.parametrize(
    "change",
    [
        lambda client: client.users.remove("ada"),
        lambda client: client.users.change("ada", role="viewer"),
        lambda client: client.windows.change("night", name="night"),
        lambda client: client.account.sign_in(name="ada", password="p"),
        lambda client: client.account.refresh(refresh_token="r"),
    ],
)
def test_what_might_act_twice_is_never_sent_again(
    odd: Odd, impatient: Made, waits: Waits, change: Callable[[Client], object], answer: Told
) -> None:
    odd.answers = [answer]
    with pytest.raises(Unavailable):
        change(impatient())
    assert (len(odd.asked), waits, odd.keys()) == (1, [], [""])


def test_what_was_not_looked_at_is_sent_again_whatever_it_is(odd: Odd, impatient: Made, waits: Waits) -> None:
    odd.answers = [busy(429, "3"), Told(status=204, body=b"")]
    impatient().users.remove("ada")
    assert waits == [3]


def test_signing_in_sends_no_token_of_somebody_else(odd: Odd, impatient: Made) -> None:
    odd.answers = [Told(status=401)]
    with pytest.raises(Exception, match="401"):
        impatient().account.sign_in(name="ada", password="p")
    assert "authorization" not in odd.asked[0][2]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Told(status=502, body=b"<h1>Bad Gateway</h1>", headers=HTML), Unavailable),
        (Told(body=b"<h1>Welcome to this hotel's network</h1>", headers=HTML), Unavailable),
        (Told(body=b'{"name": 7}'), Unavailable),
        (Told(status=404, body=b"<h1>Not Found</h1>", headers=HTML), NotFound),
        (Told(status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"}), Exception),
        (Told(status=421, body=b"wrong host", headers={"Content-Type": "text/plain"}), Misconfigured),
        (Told(status=409, body=b"{half", headers={"Content-Type": "application/problem+json"}), Conflict),
        (Told(status=422, body=b"[]", headers={"Content-Type": "application/problem+json"}), Invalid),
    ],
)
def test_what_others_say_on_the_way_is_told_as_theirs(
    odd: Odd, impatient: Made, told: Told, expected: type[Exception]
) -> None:
    odd.answers = [told]
    with pytest.raises(expected, match=r"127\.0\.0\.1 answered \d+ .*, not as Gough does"):
        impatient().account.me()
    assert len(odd.asked) == 1


@pytest.mark.parametrize("body", [b"<h1>Welcome</h1>", b"[]", b'{"items": [1], "next_cursor": null}', b'{"items": []}'])
def test_a_page_that_is_none_is_told_as_such(odd: Odd, impatient: Made, body: bytes) -> None:
    odd.answers = [Told(body=body)]
    with pytest.raises(Unavailable, match="not as Gough does"):
        list(impatient().machines.list())


def test_an_answer_that_cannot_be_unpacked_is_no_answer(odd: Odd, impatient: Made) -> None:
    odd.answers = [Told(body=b"no gzip", headers={"Content-Encoding": "gzip"})]
    with pytest.raises(Unavailable, match="gave no answer"):
        impatient().account.me()


def test_a_server_that_is_not_there_is_unavailable(odd: Odd, impatient: Made, waits: Waits) -> None:
    with Client("http://127.0.0.1:9", token="t") as client, pytest.raises(Unavailable, match="gave no answer"):
        client.account.sign_in(name="ada", password="p")


def test_an_answer_may_know_more_than_the_client(odd: Odd, impatient: Made) -> None:
    odd.answers = [ME]
    assert impatient().account.me().model_dump() == {"name": "ada", "role": "admin", "via": "key", "permissions": []}
