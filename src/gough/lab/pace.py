"""How long things take on a real server, and how much faster the lab goes."""

from dataclasses import dataclass
from datetime import timedelta
from random import uniform
from threading import Event

from gough.domain.stages import TABLES

# Seconds on an ordinary two-socket server.
POST = 75.0
LOAD_EPHEMERAL = 45.0
COMMISSIONING_SCRIPT = 12.0
TEST_SCRIPT = 60.0
PARTITION = 20.0
WRITE_IMAGE = 110.0
CONFIGURE_SYSTEM = 60.0
BOOT_FROM_DISK = 70.0
CLOUD_INIT_STAGE = 12.0
BETWEEN_TRIES = 1.0  # of a webhook; cloud-init 25.1 `url_helper.readurl`, sec_between
ERASE = 120.0

# What machines do is sped up, what Gough itself does is not: those stages keep time enough on a busy laptop.
SHORTEST_DEADLINE = timedelta(seconds=12)
# People have a day to type an adoption's command; the lab's operator types it at once.
AT_ONCE = {"enrol": timedelta(minutes=5)}
# Beside all of a lab's osqueries on one laptop, Fleet and Gough's look at it take their time, and Ansible its own.
AT_LEAST = {"security": timedelta(seconds=40), "configure": timedelta(seconds=60)}


@dataclass(frozen=True, slots=True)
class Pace:
    """`speed` 60: a minute of a real server's time passes in a second."""

    speed: float

    def wait(self, seconds: float, stop: Event) -> bool:
        """About so many seconds of a real server's time. True when `stop` was set meanwhile."""
        return stop.wait(seconds * uniform(0.8, 1.2) / self.speed)

    def deadlines(self) -> str:
        """The stages' own deadlines at this speed, as GOUGH_DEADLINES takes them."""
        stages = {stage.name: stage.deadline for table in TABLES.values() for stage in table} | AT_ONCE
        least = {name: AT_LEAST.get(name, SHORTEST_DEADLINE) for name in stages}
        scaled = {name: max(deadline / self.speed, least[name]) for name, deadline in stages.items()}
        return ",".join(f"{name}={deadline.total_seconds():.2f}s" for name, deadline in scaled.items())

    @property
    def agent_interval(self) -> float:
        """Seconds between heartbeats: a minute at this speed, but no more than one a second."""
        return max(1.0, 60 / self.speed)
