"""A server's own settings: how hosts enrol, and whom it tells of failing policies."""

from collections.abc import Sequence

from gough.adapters.fleet.http import FleetHttp
from gough.adapters.fleet.paths import API
from gough.adapters.fleet.site_models import CONFIGURATION, SECRETS, Configuration

ENROLL_SECRET = f"{API}spec/enroll_secret"
BATCH = 500  # hosts a message of the webhook


class ServerConfiguration:
    _http: FleetHttp

    def enroll_secrets(self) -> Sequence[str]:
        """With any of them osquery may enrol; empty while there is none."""
        found = [each.secret for each in self._http.get(ENROLL_SECRET, SECRETS).spec.secrets]
        self._http.hide(*found)
        return found

    def set_enroll_secrets(self, secrets: Sequence[str]) -> None:
        """Replaces all of them. Hosts that have enrolled stay."""
        self._http.hide(*secrets)
        self._http.post_plain(ENROLL_SECRET, {"spec": {"secrets": [{"secret": secret} for secret in secrets]}})

    def configuration(self) -> Configuration:
        return self._http.get(f"{API}config", CONFIGURATION)

    def set_policy_webhook(self, url: str, policy_ids: Sequence[int]) -> Configuration:
        """Have Fleet post `{timestamp, policy, hosts}` to `url` for these policies; an empty one switches it off.

        The messages are not signed, so the URL has to be a secret.
        """
        self._http.hide(url)
        webhook = {
            "enable_failing_policies_webhook": bool(url),
            "destination_url": url,
            "policy_ids": list(policy_ids),
            "host_batch_size": BATCH,
        }
        body = {"webhook_settings": {"failing_policies_webhook": webhook}}
        return self._http.patch(f"{API}config", CONFIGURATION, body)
