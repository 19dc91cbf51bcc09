"""What a provider publishes of itself: where its endpoints are, and the keys it signs with. Kept for a while."""

from time import monotonic

from joserfc.jwk import KeySet

from gough.adapters.oidc import tokens
from gough.adapters.oidc.http import CHECK, ProviderHttp
from gough.adapters.oidc.models import KEY_DOCUMENT, METADATA, Metadata
from gough.domain.errors import Refused

KEPT_SECONDS = 600.0
WELL_KNOWN = "/.well-known/openid-configuration"
S256 = "S256"


class Documents:
    """Safe to share between threads: at worst two ask for the same at once."""

    def __init__(self, http: ProviderHttp, name: str, issuer: str) -> None:
        self._http, self._name, self._issuer = http, name, issuer
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def metadata(self) -> Metadata:
        """Raises Refused where it is not that of this issuer, or has an address that is not https."""
        if self._metadata is not None and self._metadata[0] > monotonic():
            return self._metadata[1]
        found = self._http.get(self._issuer.rstrip("/") + WELL_KNOWN, METADATA)
        if found.issuer != self._issuer:
            hint = "Set GOUGH_OIDC_ISSUER exactly as the provider writes it, with or without a / at its end."
            raise Refused(self._name, f"it calls itself {found.issuer!r}, not {self._issuer!r}.", hint=hint)
        if found.code_challenge_methods_supported is not None and S256 not in found.code_challenge_methods_supported:
            raise Refused(self._name, "it does not support PKCE with S256.", hint="Allow it for Gough's client there.")
        for url in (found.authorization_endpoint, found.end_session_endpoint):
            if url is not None:  # those that Gough asks itself are looked at when it does
                self._http.require_safe(url)
        self._metadata = (monotonic() + KEPT_SECONDS, found)
        return found

    def keys(self, *, anew: bool = False) -> KeySet:
        if not anew and self._keys is not None and self._keys[0] > monotonic():
            return self._keys[1]
        found = tokens.key_set(self._http.get(self.metadata().jwks_uri, KEY_DOCUMENT).keys)
        if not found:
            raise Refused(self._name, "it publishes no key that Gough can check its signatures with.", hint=CHECK)
        self._keys = (monotonic() + KEPT_SECONDS, found)
        return found
