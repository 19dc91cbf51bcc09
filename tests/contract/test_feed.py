"""The websocket of MAAS's own pages: what a client is told, and how it ends."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator

import orjson
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from gough.adapters.maas.feed import MaasFeed, open_feed
from gough.adapters.maas.feed_frames import PAGE_SIZE, Page
from gough.adapters.maas.feed_listing import Listing
from gough.adapters.maas.feed_login import Session
from gough.domain.errors import Refused, Unavailable
from gough.lab.maas import Region
from gough.ports import Feed, MachineNotice

from .harness import DEADLINE, Lab, Target, eventually
from .test_refusals import everything_said

LIVE_USER, LIVE_PASSWORD = "GOUGH_LIVE_MAAS_USER", "GOUGH_LIVE_MAAS_PASSWORD"
LISTED_KEYS = {
    "system_id", "hostname", "fqdn", "status", "status_code", "status_message", "error_description", "power_state",
    "power_type", "pool", "zone", "domain", "owner", "tags", "architecture", "cpu_count", "memory", "storage",
    "physical_disk_count", "ip_addresses", "pxe_mac", "extra_macs", "vlan", "fabrics", "spaces", "osystem",
    "distro_series", "locked", "actions", "permissions", "testing_status",
}  # fmt: skip


@pytest.fixture
def opened(lab: Lab) -> Iterator[Callable[[], MaasFeed]]:
    """Opens feeds of the lab's region, with all machines listed; they are closed at the end."""
    feeds: list[MaasFeed] = []

    def one_more() -> MaasFeed:
        feeds.append(open_feed(lab.server.url, lab.region.username, lab.region.password))
        return listed(feeds[-1])

    yield one_more
    for feed in feeds:
        feed.close()


@pytest.fixture
def feed_of_target(request: pytest.FixtureRequest, target: Target) -> Iterator[MaasFeed]:
    if request.node.get_closest_marker("live_maas"):
        username, password = os.environ.get(LIVE_USER), os.environ.get(LIVE_PASSWORD)
        if not username or not password:
            pytest.skip(f"no user for the feed: {LIVE_USER} and {LIVE_PASSWORD} are not set")
    else:
        region: Region = request.getfixturevalue("lab").region
        username, password = region.username, region.password
    feed = listed(open_feed(target.url, username, password, list_again=1))
    yield feed
    feed.close()


def listed(feed: MaasFeed) -> MaasFeed:
    until = time.monotonic() + DEADLINE
    while not feed.complete:
        assert time.monotonic() < until, f"not all listed within {DEADLINE} s"
        feed.next(0.01)
    return feed


def hears(feed: Feed, *expected: MachineNotice, within: float = DEADLINE) -> None:
    """Each of these comes in time; others may come in between."""
    until, missing = time.monotonic() + within, set(expected)
    while missing:
        notice = feed.next(until - time.monotonic())
        assert notice is not None, f"not within {within} s: {missing}"
        missing.discard(notice)


def until_quiet(feed: Feed) -> set[str]:
    """Takes what is still said about what happened so far: the machines that were named."""
    named: set[str] = set()
    while (notice := feed.next(0.1)) is not None:
        named.add(notice.system_id)
    return named


def put(lab: Lab, system_id: str, **fields: str) -> None:
    assert lab.target.http("PUT", f"machines/{system_id}/", data=fields).status_code == 200


def operate(lab: Lab, system_id: str, operation: str) -> None:
    assert lab.target.http("POST", f"machines/{system_id}/op-{operation}").status_code == 200


# name: (the state it starts from, the change)
CHANGES: dict[str, tuple[Callable[[Lab], str], Callable[[Lab, str], object]]] = {
    "status": (Lab.enlisted, lambda lab, i: lab.maas.commission(i)),
    "status by the machine itself": (Lab.deploying, Lab.install),
    "message": (Lab.deploying, lambda lab, i: lab.curtin(i, "cmd-install/stage-extract", "start")),
    "power pressed by hand": (Lab.enlisted, lambda lab, i: lab.region.power_changed(i, on=True)),
    "power switched later": (Lab.enlisted, lambda lab, i: lab.region.core.switch(lab.region.core.machines[i], on=True)),
    "owner": (Lab.ready, lambda lab, i: lab.maas.allocate(i, agent_name="feed")),
    "name": (Lab.enlisted, lambda lab, i: put(lab, i, hostname="renamed")),
    "description": (Lab.enlisted, lambda lab, i: put(lab, i, description="in the corner")),
    "lock": (Lab.deployed, lambda lab, i: operate(lab, i, "lock")),
    "release": (Lab.deployed, lambda lab, i: lab.maas.release(i)),
    "owner data": (Lab.deployed, lambda lab, i: lab.maas.set_owner_data(i, {"a": "b"})),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_told(lab: Lab, opened: Callable[[], MaasFeed], change: str) -> None:
    prepare, act = CHANGES[change]
    changed, _unchanged = prepare(lab), lab.enlisted("other")
    feed = opened()
    until_quiet(feed)
    act(lab, changed)
    hears(feed, MachineNotice(changed, "update"))
    assert until_quiet(feed) <= {changed}


def test_tags_pool_and_zone_are_told_wherever_they_are_written(lab: Lab, opened: Callable[[], MaasFeed]) -> None:
    ids = [lab.enlisted(f"m{n}") for n in range(3)]
    feed = opened()
    until_quiet(feed)
    with lab.region.core.lock:
        tagged, pooled, zoned = (lab.region.core.machines[i] for i in ids)
        tagged.tags, pooled.pool, zoned.zone = ("ssd",), "blue", "north"
    put(lab, lab.enlisted("bystander"), description="any request")
    hears(feed, *(MachineNotice(i, "update") for i in ids))


def test_creation_renaming_and_deletion_are_told_within_five_seconds(target: Target, feed_of_target: MaasFeed) -> None:
    system_id = target.new_machine()
    hears(feed_of_target, MachineNotice(system_id, "create"), within=5)
    target.http("PUT", f"machines/{system_id}/", data={"hostname": f"gough-contract-{system_id}"})
    hears(feed_of_target, MachineNotice(system_id, "update"), within=5)
    target.http("DELETE", f"machines/{system_id}/")
    hears(feed_of_target, MachineNotice(system_id, "delete"), within=5)
    target.created.remove(system_id)


def test_machines_of_every_page_are_told(lab: Lab, opened: Callable[[], MaasFeed]) -> None:
    ids = [lab.enlisted(f"m{n}") for n in range(2 * PAGE_SIZE + 1)]
    feed = opened()
    lab.target.http("DELETE", f"machines/{ids[-1]}/")
    hears(feed, MachineNotice(ids[-1], "delete"))


def test_a_burst_of_a_thousand_changes_arrives_whole(lab: Lab, opened: Callable[[], MaasFeed]) -> None:
    ids = [lab.enlisted(f"m{n}") for n in range(1000)]
    feed = opened()
    until_quiet(feed)
    for system_id in ids:
        lab.region.power_changed(system_id, on=True)
    hears(feed, *(MachineNotice(system_id, "update") for system_id in ids))


def test_machines_made_later_are_found_by_listing_the_last_page_again() -> None:
    listing = Listing(again=0)
    for page, ids in enumerate([("a", "b"), ("c",)], start=1):
        assert f'"page_number":{page}' in listing.request()
        assert listing.took(Page(page, 2, ids)) == []
    assert '"page_number":2' in listing.request()
    assert listing.took(Page(3, 2, ("c", "d"))) == [MachineNotice("d", "create")]
    listing.request()
    assert listing.took(Page(4, 2, ("c", "d"))) == []
    assert listing.took(Page(99, 2, ("x",))) == [], "the answer to another question"


@pytest.mark.parametrize(("username", "password"), [("admin", "wrong-password"), ("nobody", None), ("admin", "")])
def test_wrong_credentials_are_refused_and_not_repeated(lab: Lab, username: str, password: str | None) -> None:
    password = lab.region.password if password is None else password
    with pytest.raises(Refused, match="Please enter a correct username and password") as refusal:
        open_feed(lab.server.url, username, password)
    assert "user name and password" in refusal.value.hint
    assert not password or password not in everything_said(refusal.value)


def test_a_region_without_a_feed_or_without_an_answer_is_unavailable(lab: Lab) -> None:
    lab.region.feeds_allowed = False
    with pytest.raises(Unavailable, match="404") as failure:
        open_feed(lab.server.url, lab.region.username, lab.region.password)
    assert lab.region.password not in everything_said(failure.value)
    lab.server.close()
    with pytest.raises(Unavailable, match="no answer from"):
        open_feed(lab.server.url, lab.region.username, lab.region.password)


@pytest.mark.parametrize("end", [lambda lab: lab.region.drop_feeds(), lambda lab: lab.server.close()])
def test_a_connection_that_is_gone_is_unavailable(
    lab: Lab, opened: Callable[[], MaasFeed], end: Callable[[Lab], None]
) -> None:
    feeds = [opened(), opened()]
    end(lab)
    for feed in feeds:
        for _ in range(2):
            with pytest.raises(Unavailable, match="closed"):
                feed.next(DEADLINE)


def test_closing_from_another_thread_wakes_the_one_that_waits(lab: Lab, opened: Callable[[], MaasFeed]) -> None:
    feed, ended = opened(), threading.Event()

    def wait() -> None:
        with pytest.raises(Unavailable):
            feed.next(10 * DEADLINE)
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    feed.close()
    assert ended.wait(DEADLINE)
    waiting.join()
    feed.close()
    eventually(lambda: not lab.region.feeds.connections(), "the region's side is over")
    assert not lab.region.core.listeners


UNKNOWN = [
    b'{"type": 2, "name": "device", "action": "create", "data": {"system_id": "abc123"}}',
    b'{"type": 2, "name": "machine", "action": "praise", "data": {"system_id": "abc123"}}',
    b'{"type": 2, "name": "controller", "action": "delete", "data": 7}',
    b'{"type": 4, "request_id": 1, "rtype": 0, "result": 1}',
    b'{"type": 1, "request_id": 77, "rtype": 0, "result": {"num_pages": 1, "groups": []}}',
    b"{}", b"[]", b"null", b"17", b'"text"',
]  # fmt: skip
UNREADABLE = [
    b"\x00\xff\xfe\x80",
    b"",
    b"{",
    b'{"type": 2, "name": "machine", "action": "update", "data": null}',
    b'{"type": 2, "name": "machine", "action": "update", "data": {"id": 5}}',
    b'{"type": 2, "name": "machine", "action": "delete", "data": {}}',
    b'{"type": 1, "request_id": 1, "rtype": 0, "result": [{"system_id": "abc123"}]}',
    b'{"type": 1, "request_id": 1, "rtype": 1, "error": "Permission denied"}',
]


def test_unknown_frames_are_ignored(lab: Lab, opened: Callable[[], MaasFeed]) -> None:
    system_id = lab.enlisted()
    feed = opened()
    until_quiet(feed)
    for frame in UNKNOWN:
        lab.region.feeds.say(frame)
    assert feed.next(0.1) is None
    lab.region.power_changed(system_id, on=True)
    assert feed.next(DEADLINE) == MachineNotice(system_id, "update")


@pytest.mark.parametrize("frame", UNREADABLE)
def test_an_unreadable_frame_ends_the_feed(lab: Lab, opened: Callable[[], MaasFeed], frame: bytes) -> None:
    feed = opened()
    until_quiet(feed)
    lab.region.feeds.say(frame)
    for _ in range(2):
        with pytest.raises(Unavailable):
            feed.next(DEADLINE)


def test_nothing_shows_the_password_or_the_session(
    lab: Lab, opened: Callable[[], MaasFeed], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "httpcore")  # as Gough's own logging has it
    caplog.set_level(logging.DEBUG)
    feed = opened()
    until_quiet(feed)
    said = [repr(feed), repr(Session(*lab.region.feeds.cookies()))]
    lab.region.drop_feeds()
    with pytest.raises(Unavailable) as failure:
        feed.next(DEADLINE)
    said.append(everything_said(failure.value))
    lab.region.feeds_allowed = False
    with pytest.raises(Unavailable) as failure:
        opened()
    said += [everything_said(failure.value), caplog.text]
    for secret in (lab.region.password, *lab.region.feeds.cookies()):
        assert not any(secret in text for text in said)


def raw(lab: Lab, **instead: str) -> ClientConnection:
    """A websocket of one's own; `instead` of the right cookies."""
    cookies = (lab.region.feeds.log_in(lab.region.username, lab.region.password) or {}) | instead
    url = f"{lab.server.url.replace('http', 'ws', 1)}ws?csrftoken={cookies['csrftoken']}"
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return connect(url, additional_headers={"Cookie": header}, legacy=True)


def test_the_region_lists_pages_of_items_as_maas_does(lab: Lab) -> None:
    ids = [lab.enlisted("one"), lab.ready("two"), lab.deployed("three")]
    with raw(lab) as connection:
        listed = []
        for page in (1, 2, 9):
            params = {"page_size": 2, "page_number": page}
            asked = {"type": 0, "request_id": page, "method": "machine.list", "params": params}
            connection.send(orjson.dumps(asked), text=True)
            answer = orjson.loads(connection.recv(DEADLINE))
            assert (answer["type"], answer["request_id"], answer["rtype"]) == (1, page, 0)
            result = answer["result"]
            assert (result["count"], result["cur_page"], result["num_pages"]) == (3, min(page, 2), 2)
            listed += [item for group in result["groups"] for item in group["items"]]
    assert [item["system_id"] for item in listed] == [*ids, ids[2]]
    assert all(item.keys() >= LISTED_KEYS for item in listed)
    assert (listed[2]["status"], listed[2]["status_code"], listed[2]["owner"]) == ("Deployed", 6, "admin")


def test_the_region_drops_a_connection_that_asks_for_the_unknown(lab: Lab) -> None:
    with raw(lab) as connection:
        connection.send('{"type": 0, "request_id": 1, "method": "machine.praise", "params": {}}')
        with pytest.raises(ConnectionClosedError, match="1002"):
            connection.recv(DEADLINE)


def test_the_region_refuses_an_upgrade_without_a_session(lab: Lab) -> None:
    assert lab.target.plain.get(f"{lab.server.url}ws").status_code == 403
    for name in ("sessionid", "csrftoken"):
        with pytest.raises(Exception, match="HTTP 403"):
            raw(lab, **{name: "made-up"})
