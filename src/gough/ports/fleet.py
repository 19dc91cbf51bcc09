"""What the use cases need of a Fleet server."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from gough.domain.fleet_hosts import HostRecord, PolicyDraft, PolicyRecord


class SecurityServer(Protocol):
    """One Fleet server. Safe to share between threads.

    Every method may raise Invalid, Refused, NotFound, Conflict or Unavailable (`gough.domain.errors`).
    """

    def close(self) -> None:
        """Let the connections go."""
        ...

    def version(self) -> str: ...

    def username(self) -> str:
        """The user the token belongs to."""
        ...

    def records(self) -> Iterator[HostRecord]:
        """Every host with the verdict of every policy on it, fetched in pages."""
        ...

    def records_since(self, moment: datetime, *, by: str) -> Iterator[HostRecord]:
        """Those whose time `by` (policy_updated_at, last_enrolled_at, …) is not before `moment`, newest first."""
        ...

    def offline_ids(self) -> frozenset[int]:
        """The hosts that Fleet has not heard lately; every other one is online."""
        ...

    def policies(self) -> Sequence[PolicyRecord]: ...

    def create_policy(self, draft: PolicyDraft) -> PolicyRecord:
        """Conflict when the name is taken."""
        ...

    def update_policy(self, policy_id: int, draft: PolicyDraft) -> PolicyRecord: ...

    def enroll_secrets(self) -> Sequence[str]:
        """With any of them osquery may enrol."""
        ...
