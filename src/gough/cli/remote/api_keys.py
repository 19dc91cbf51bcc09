"""Keys for programs."""

from collections.abc import Sequence
from typing import Any

from gough.cli.remote.connecting import gough, plain
from gough.domain.errors import Denied
from gough.domain.permissions import Permission


def listed() -> list[dict[str, Any]]:
    return [plain(each) for each in gough().api_keys.list()]


def create(user: str, name: str, scopes: Sequence[Permission], networks: Sequence[str], days: int | None) -> str:
    """The key itself. Over the API, everybody makes their own only."""
    if (me := gough().account.me().name) != user:
        hint = "Let them sign in and make it, or make it on the server's host: gough --context embedded api-key create"
        raise Denied(f"You are {me}; a key of {user}'s cannot be made from here.", hint=hint)
    made = gough().api_keys.create(
        name=name, scopes=[scope.value for scope in scopes], networks=list(networks), days=days
    )  # fmt: skip
    return made.key


def rotate(key_id: str, overlap_hours: int) -> str:
    return gough().api_keys.rotate(key_id, overlap_hours=overlap_hours).key


def revoke(key_id: str) -> None:
    gough().api_keys.revoke(key_id)
