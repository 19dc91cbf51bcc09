"""What the use cases need of an identity provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SignOn:
    """A sign-in begun at an identity provider. The browser goes to `url`; the rest is kept until it returns."""

    url: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Somebody, as an identity provider has just vouched for them. `issuer` and `subject` name them for good.

    `name` is what people call them there, and may change; `id_token` is the provider's word itself, for signing out.
    """

    issuer: str
    subject: str
    name: str
    groups: frozenset[str]
    id_token: str = field(repr=False)


class IdentityProvider(Protocol):
    """One OpenID Connect provider. Safe to share between threads.

    Every method may raise Unavailable (it does not answer) or Refused (what it answers cannot be used).
    """

    def begin(self) -> SignOn: ...

    def finish(self, begun: SignOn, answer: Mapping[str, str], *, now: datetime) -> SignedOn:
        """`answer`: what came back with the browser. Raises Unauthenticated where it is not the answer to `begun`,
        and Denied where the provider said no, or did not ask for what Gough insists on.
        """
        ...

    def sign_out_url(self, id_token: str) -> str:
        """Where the browser signs out of the provider too; empty where it offers no such thing."""
        ...

    def describe(self) -> str:
        """What it says of itself now, for `gough doctor`."""
        ...
