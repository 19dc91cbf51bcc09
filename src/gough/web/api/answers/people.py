"""Accounts, what they sign in with, and what they did."""

from typing import Any

from pydantic import Field

from gough.web.api.answers.base import Moment, Page, Shown


class Tokens(Shown):
    """The refresh token is good once; its answer has the next one."""

    token_type: str = Field(examples=["Bearer"])
    access_token: str
    expires_at: Moment
    refresh_token: str
    refresh_expires_at: Moment


class Me(Shown):
    """`via`: session, token or key. `permissions` are those of the role, within the key's scopes."""

    name: str
    role: str
    via: str
    permissions: list[str]


class SecondFactor(Shown):
    """`uri` is what a QR code for an authenticator says."""

    secret: str
    uri: str


class RecoveryCodes(Shown):
    """Each is good once, in place of a code. They are never shown again."""

    recovery_codes: list[str]


class ApiKey(Shown):
    """`old_secret_until`: after a rotation, how long the secret before is good as well."""

    id: str
    name: str
    owner: str
    scopes: list[str]
    networks: list[str]
    created_at: Moment
    expires_at: Moment | None
    is_expired: bool
    rotated_at: Moment | None
    old_secret_until: Moment | None
    used_at: Moment | None
    used_from: str


class NewApiKey(ApiKey):
    """`key` is never shown again."""

    key: str = Field(examples=["gough_0123456789abcdef_…"])


class User(Shown):
    name: str
    role: str
    is_disabled: bool
    is_locked: bool
    has_password: bool
    has_second_factor: bool
    created_at: Moment
    signed_in_at: Moment | None


class Invitation(Shown):
    """`link` opens the page where the owner chooses a password; it works once."""

    name: str
    link: str
    secret: str


class SignIn(Shown):
    """`kind`: portal or api."""

    id: str
    kind: str
    address: str
    created_at: Moment
    expires_at: Moment


class AuditEntry(Shown):
    """`position` and `hash` are its place in the chain, null for the moment before it has one."""

    id: int
    at: Moment
    actor: str
    via: str
    action: str
    target: str
    outcome: str
    address: str
    request_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    position: int | None
    hash: str | None


class ApiKeyPage(Page[ApiKey]):
    pass


class UserPage(Page[User]):
    pass


class SignInPage(Page[SignIn]):
    pass


class AuditPage(Page[AuditEntry]):
    pass
