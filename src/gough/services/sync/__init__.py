"""Following MAAS from three sources: the event log, a rolling reconcile, and the feed of its own pages.

MAAS has no outbound events, and listing everything costs it a minute at 1,100 machines. So the event log says what
changed, and only that is fetched; renames, tags, creation and deletion leave no event, so a presence check and a
reconcile at a tenth of the region's time find those; and where a user and password are given, the feed says all of it
within a second. Everything is recorded by the same function, from the same REST answers.
"""

from gough.services.sync.following import follow
from gough.services.sync.polling import poll, poll_all

__all__ = ["follow", "poll", "poll_all"]
