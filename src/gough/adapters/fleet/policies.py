"""Policies for all hosts. https://fleetdm.com/docs/rest-api/rest-api#policies"""

from collections.abc import Sequence

from gough.adapters.fleet.http import FleetHttp
from gough.adapters.fleet.models import POLICIES, POLICY
from gough.adapters.fleet.paths import API
from gough.domain.fleet_hosts import PolicyDraft, PolicyRecord

GLOBAL = f"{API}global/policies"


class Policies:
    _http: FleetHttp

    def policies(self) -> Sequence[PolicyRecord]:
        return [policy.record() for policy in self._http.get(GLOBAL, POLICIES).policies]

    def policy(self, policy_id: int) -> PolicyRecord:
        return self._http.get(f"{GLOBAL}/{policy_id}", POLICY).policy.record()

    def create_policy(self, draft: PolicyDraft) -> PolicyRecord:
        """Conflict when the name is taken."""
        return self._http.post(GLOBAL, POLICY, _body(draft)).policy.record()

    def update_policy(self, policy_id: int, draft: PolicyDraft) -> PolicyRecord:
        """A changed query forgets what hosts answered to the old one."""
        return self._http.patch(f"{GLOBAL}/{policy_id}", POLICY, _body(draft)).policy.record()

    def delete_policies(self, policy_ids: Sequence[int]) -> None:
        self._http.post_plain(f"{GLOBAL}/delete", {"ids": list(policy_ids)})


def _body(draft: PolicyDraft) -> dict[str, str]:
    """Without `critical`: a free Fleet refuses a request that names it."""
    return {
        "name": draft.name,
        "query": draft.query,
        "description": draft.description,
        "resolution": draft.resolution,
        "platform": draft.platform,
    }
