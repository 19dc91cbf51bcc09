"""Which pages of machines to ask for, and when.

MAAS tells a connection only about machines that this connection has listed: never of the deletion of another one, and
in versions from 3.5 on (as far as their source can be read) of no change and no creation either; 3.4.10 was seen to
tell creations. So all pages are listed once, one after the other: 0.8 s of the region's time for each 50 machines, 18 s
for 1,100. Afterwards the last page is listed again every minute, because machines come in the order of their creation:
that is how new ones are found where their creation is not told. Not told, so left to REST: what changes on a machine
before its page is listed, and all of a machine that slips between two pages because another one was deleted meanwhile.
"""

import math
import time

from gough.adapters.maas.feed_frames import Page, ask
from gough.ports import MachineNotice

AGAIN = 60.0  # seconds between two looks at the last page


class Listing:
    """One connection's. `due` is when to send the next `request`, in time.monotonic's seconds."""

    def __init__(self, again: float = AGAIN) -> None:
        self.due = time.monotonic()
        self.started = False  # whether the region has answered once
        self.complete = False  # whether all pages were listed once
        self._again = again
        self._page = 1
        self._requests = 0
        self._known: set[str] = set()

    def request(self) -> str:
        self.due = math.inf  # until the answer is here
        self._requests += 1
        return ask(self._page, self._requests)

    def took(self, page: Page) -> list[MachineNotice]:
        """The machines that are new since the first time all were listed."""
        if page.request_id != self._requests:
            return []  # the answer to an older question
        new = [system_id for system_id in page.system_ids if system_id not in self._known]
        self._known.update(new)
        notices = [MachineNotice(system_id, "create") for system_id in new] if self.complete else []
        more = self._page < page.last
        self._page = self._page + 1 if more else max(page.last, 1)
        self.complete = self.complete or not more
        self.started = True
        self.due = time.monotonic() + (0 if more else self._again)
        return notices

    def heard(self, notice: MachineNotice) -> None:
        remember = self._known.discard if notice.action == "delete" else self._known.add
        remember(notice.system_id)
