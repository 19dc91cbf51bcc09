"""Following for real: threads, sockets, the feed of MAAS's pages; and falling back from it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select, update

from gough.adapters.maas import connect
from gough.adapters.maas.feed import open_feed
from gough.config import read_settings
from gough.jobs.followers import Followers
from gough.lab.maas import Region, Server, serve
from gough.persistence.database import Database
from gough.persistence.models import Machine
from gough.persistence.models import Region as RegionRow
from gough.services import regions
from gough.services.context import Use
from gough.services.regions import FeedAccount
from gough.services.secrets import Sealer
from gough.services.waking import Bell
from tests.contract.harness import Switches, eventually
from tests.support.site import ENVIRONMENT


@dataclass
class Following:
    """A Gough that follows emulated regions by itself. `poll_seconds` is the pace of its polls."""

    database: Database
    poll_seconds: float
    closers: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        paces = {"GOUGH_MAAS_POLL_SECONDS": str(self.poll_seconds), "GOUGH_LEASE_SECONDS": "2"}
        settings = read_settings(ENVIRONMENT | paces)
        self.use = Use(settings, self.database, Sealer(settings.key), connect, Bell(), dict, open_feed=open_feed)

    def region(self, name: str, *, feed: bool = False) -> Region:
        made = Region(power=Switches(), pace=0)
        server: Server = serve(made)
        self.closers += [server.close, made.close]
        account = FeedAccount(made.username, made.password) if feed else None
        regions.add(self.use, name, server.url, made.api_key, feed=account)
        return made

    def start(self) -> Followers:
        followers = Followers(self.use)
        followers.start()
        self.closers.insert(0, followers.stop)
        return followers

    def row(self, name: str) -> RegionRow:
        with self.database.read() as session:
            return regions.find(session, name)

    def names(self) -> set[str]:
        with self.database.read() as session:
            return set(session.scalars(select(Machine.hostname).where(Machine.vanished_at.is_(None))))

    def sees(self, hostname: str) -> None:
        eventually(lambda: hostname in self.names(), f"{hostname} is known")


@pytest.fixture
def make(database_url: str) -> Iterator[Callable[[float], Following]]:
    database, made = Database(database_url), []

    def following(poll_seconds: float) -> Following:
        made.append(Following(database, poll_seconds))
        return made[-1]

    yield following
    for one in made:
        for close in one.closers:
            close()
        one.use.close()
    database.close()


def renamed(region: Region, system_id: str, hostname: str) -> None:
    """By somebody in MAAS: leaves no event."""
    machine = region.core.machines[system_id]
    with region.core.lock:
        machine.hostname = hostname
        region.core.changed(machine)


def test_a_rename_is_seen_over_the_feed_long_before_the_next_poll(make: Callable[[float], Following]) -> None:
    gough = make(3600.0)
    region = gough.region("lab", feed=True)
    system_id = region.enlist(hostname="before", mac_addresses=["52:54:00:00:00:01"])
    gough.start()
    gough.sees("before")
    eventually(lambda: gough.row("lab").feed_state == "live", "the feed is live")
    renamed(region, system_id, "after")
    gough.sees("after")
    new = region.enlist(hostname="latecomer", mac_addresses=["52:54:00:00:00:02"])
    gough.sees("latecomer")
    assert new and gough.names() == {"after", "latecomer"}


def test_without_its_feed_a_region_is_polled_as_before_and_the_loss_is_shown(
    make: Callable[[float], Following],
) -> None:
    gough = make(0.1)
    region = gough.region("lab", feed=True)
    system_id = region.enlist(hostname="web-1", mac_addresses=["52:54:00:00:00:01"])
    gough.start()
    eventually(lambda: gough.row("lab").feed_state == "live", "the feed is live")
    region.feeds_allowed = False
    region.drop_feeds()
    eventually(lambda: gough.row("lab").feed_state == "down", "the loss is shown")
    assert gough.row("lab").feed_reason and gough.row("lab").health == "ok"
    renamed(region, system_id, "web-2")
    machine = region.core.machines[system_id]
    region.core.tell(machine, "User powering up node", "(alice)", user="alice")  # so its machine is read
    gough.sees("web-2")


def test_a_wrong_password_for_the_feed_is_shown_and_harms_nothing(make: Callable[[float], Following]) -> None:
    gough = make(0.1)
    region = gough.region("lab")
    regions.change(gough.use, "lab", feed=FeedAccount(region.username, "not the password"))
    region.enlist(hostname="web-1", mac_addresses=["52:54:00:00:00:01"])
    gough.start()
    gough.sees("web-1")
    eventually(lambda: gough.row("lab").feed_state == "refused", "the refusal is shown")
    assert "not the password" not in gough.row("lab").feed_reason


def test_a_region_that_hangs_holds_up_no_other(make: Callable[[float], Following]) -> None:
    gough = make(0.1)
    hanging, well, freed = gough.region("hanging"), gough.region("well"), threading.Event()

    def hang(method: str, path: str, op: str | None) -> None:
        freed.wait(30)

    hanging.intercept = hang
    well.enlist(hostname="web-1", mac_addresses=["52:54:00:00:00:01"])
    gough.start()
    gough.sees("web-1")
    hanging.enlist(hostname="web-2", mac_addresses=["52:54:00:00:00:02"])
    assert gough.names() == {"web-1"}
    freed.set()
    gough.sees("web-2")


def test_a_region_added_later_is_followed_and_one_whose_turn_is_lost_is_let_go(
    make: Callable[[float], Following],
) -> None:
    gough = make(0.1)
    gough.start()
    region = gough.region("late")
    region.enlist(hostname="web-1", mac_addresses=["52:54:00:00:00:01"])
    gough.sees("web-1")
    with gough.database.write() as session:  # another process, after a pause of ours that was longer than the lease
        until = gough.database.now(session).replace(year=2999)
        taken = {"poll_lease_token": RegionRow.poll_lease_token + 1, "poll_lease_until": until}
        session.execute(update(RegionRow).values(**taken))
    asked: list[str] = []
    region.intercept = lambda method, path, op: asked.append(path)

    def quiet() -> bool:
        before = len(asked)
        threading.Event().wait(0.5)
        return len(asked) == before

    eventually(quiet, "the region is left to the other process")
