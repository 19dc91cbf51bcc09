"""Who did it: people, Terraform and other Goughs act on the same MAAS, and what they do is theirs.

Gough marks what it deploys in MAAS's owner data, and comments what it asks for; MAAS writes both into its events.
Event types: MAAS 3.4 `provisioningserver/events.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gough.domain.machine_status import MachineStatus as Status

OWNER_KEY = "gough-deployment"  # in MAAS's owner data: "<deployment id>.<submission>"
COMMENT = "Gough "  # how every comment that Gough gives MAAS begins
GOUGH = "Gough"

DEEDS: Mapping[str, str] = {
    "User acquiring node": "allocated it",
    "User starting deployment": "deployed it",
    "User releasing node": "released it",
    "User erasing disk": "released it with its disks erased",
    "User aborting deployment": "aborted its deployment",
    "User starting node commissioning": "commissioned it",
    "User aborting node commissioning": "aborted its commissioning",
    "User starting node testing": "tested it",
    "User aborting node testing": "aborted its test",
    "User marking node broken": "marked it broken",
    "User marking node fixed": "marked it fixed",
    "User locking node": "locked it",
    "User unlocking node": "unlocked it",
    "User powering up node": "powered it on",
    "User powering down node": "powered it off",
    "User starting rescue mode": "put it into rescue mode",
    "User stopping rescue mode": "took it out of rescue mode",
}
TAKES_AWAY = frozenset(
    {
        "User starting deployment", "User releasing node", "User erasing disk", "User starting node commissioning",
        "User starting node testing", "User marking node broken", "User starting rescue mode",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Author:
    """`name` is empty where nobody is known to have done it."""

    name: str
    is_gough: bool = False


def author_of(username: str, description: str, our_username: str) -> Author:
    """Gough's own key may also be used by people: only the comment tells them from Gough."""
    if username and username == our_username and f" - {COMMENT}" in f" - {description.partition(' - ')[2]}":
        return Author(GOUGH, is_gough=True)
    return Author(username)


def deed(event_type: str, author: Author) -> str:
    """`alice released it in MAAS`; empty when the event is nobody's deed."""
    verb = DEEDS.get(event_type, "")
    return f"{author.name or 'somebody'} {verb} in MAAS" if verb else ""


class Holder(StrEnum):
    """Whose a machine is."""

    NOBODY = "nobody"
    OURS = "ours"
    OTHER_GOUGH = "other-gough"
    PERSON = "person"


IN_USE = frozenset({Status.ALLOCATED, Status.DEPLOYING, Status.DEPLOYED, Status.FAILED_DEPLOYMENT})
# What was installed is still on the disks, whatever is done to the machine at the moment.
KEEPS_ITS_SYSTEM = IN_USE | {
    Status.TESTING, Status.FAILED_TESTING, Status.ENTERING_RESCUE_MODE, Status.FAILED_ENTERING_RESCUE_MODE,
    Status.RESCUE_MODE, Status.EXITING_RESCUE_MODE, Status.FAILED_EXITING_RESCUE_MODE, Status.BROKEN,
}  # fmt: skip


def marked_deployment(owner_data: Mapping[str, str]) -> str:
    """The id of the Gough deployment that a machine is marked with; empty where there is none."""
    return owner_data.get(OWNER_KEY, "").partition(".")[0]


def holder_of(status: Status, marked: str, *, is_ours: bool) -> Holder:
    """Whose machine this is, from its status, the deployment it is marked with, and whether we know that one."""
    if status not in IN_USE:
        return Holder.NOBODY
    if is_ours:
        return Holder.OURS
    return Holder.OTHER_GOUGH if marked else Holder.PERSON
