"""Accounts."""

from typing import Any

from gough.cli import embedded
from gough.domain.permissions import Role
from gough.services import users


def listed() -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        now = embedded.use().database.now(session)
        return [users.details(user, now) for user in users.listed(session)]


def create(name: str, role: Role) -> str:
    """The link with which its owner chooses a password."""
    return _link(users.create(embedded.use(), name, role)[1])


def change_role(name: str, role: Role) -> str:
    return users.change_role(embedded.use(), name, role).name


def disable(name: str) -> str:
    return users.disable(embedded.use(), name).name


def enable(name: str) -> str:
    return users.enable(embedded.use(), name).name


def remove(name: str) -> None:
    users.remove(embedded.use(), name)


def reset_password(name: str) -> str:
    return _link(users.reset_password(embedded.use(), name))


def reset_second_factor(name: str) -> None:
    users.reset_second_factor(embedded.use(), name)


def _link(secret: str) -> str:
    return f"{embedded.use().settings.public_url.rstrip('/')}/reset?secret={secret}"
