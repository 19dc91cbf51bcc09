"""How far a region's event log was read, and which ids were missing on the way: MAAS commits events out of the order of
their ids, so a missing one may still come; one that was rolled back never does.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gough.persistence.models import Region
from gough.ports import ProvisionerEvent
from gough.services.sync.history import Mark, mark_of
from gough.services.sync.recording import Events

OVERLAP = timedelta(seconds=60)  # an event is committed this long after a higher id at the most
MOST_GAPS = 8  # beyond these, everything behind the first is read again

Place = tuple[int, list[Mark]]
"""An event's id, and how it looked: what a region's row keeps. No mark: there was no event yet."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Ids `first` to `last` are missing behind `before`. `behind`: when the oldest event after them was made."""

    before: Place
    first: int
    last: int
    behind: datetime


class Reading:
    """What one follower remembers between its polls. Only the place before the first gap is kept in the database: who
    follows after it reads from there again.
    """

    def __init__(self, region: Region) -> None:
        self._epoch = region.event_epoch
        self._newest: Place = (region.event_cursor or 0, list(region.event_marks))
        self.gaps: list[Gap] = []

    @property
    def settled(self) -> Place:
        """The last place before which nothing new can appear: no id is missing up to it, or it is given up."""
        return self.gaps[0].before if self.gaps else self._newest

    @property
    def after(self) -> int:
        """Ask for what is newer than this, and the page begins with the newest event that was read."""
        return self._newest[0] - len(self._newest[1])

    def fits(self, region: Region) -> bool:
        """Whether nobody else has followed the region since."""
        return (self._epoch, self.settled[0]) == (region.event_epoch, region.event_cursor)

    def continues(self, page: Events) -> bool:
        return bool(page) and [mark_of(page[0])] == self._newest[1]

    def add(self, page: Events) -> None:
        """`page` has been recorded; it is not empty."""
        for event in page:
            self.gaps = [replace(gap, behind=min(gap.behind, event.created)) for gap in self.gaps]
            if event.id > self._newest[0] + 1:
                self.gaps.append(Gap(self._newest, self._newest[0] + 1, event.id - 1, event.created))
            self._newest = _place(event)
        horizon = page[-1].created - OVERLAP
        self.gaps = [gap for gap in self.gaps if gap.behind >= horizon]

    def fill(self, gap: Gap, late: Events) -> None:
        """`late`, which are in the gap, have been recorded."""
        left, before, first = [], gap.before, gap.first
        for event in late:
            if event.id > first:
                left.append(Gap(before, first, event.id - 1, min(gap.behind, event.created)))
            before, first = _place(event), event.id + 1
        if first <= gap.last:
            left.append(replace(gap, before=before, first=first))
        at = self.gaps.index(gap)
        self.gaps[at : at + 1] = left


def _place(event: ProvisionerEvent) -> Place:
    return event.id, [mark_of(event)]
