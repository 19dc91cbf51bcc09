"""Accounts."""

from typing import Any

from gough.cli.remote.connecting import gough, plain
from gough.domain.permissions import Role


def listed() -> list[dict[str, Any]]:
    return [plain(each) for each in gough().users.list()]


def create(name: str, role: Role) -> str:
    """The link with which its owner chooses a password."""
    return gough().users.create(name=name, role=role.value).link


def change_role(name: str, role: Role) -> str:
    return gough().users.change(name, role=role.value).name


def disable(name: str) -> str:
    return gough().users.change(name, is_disabled=True).name


def enable(name: str) -> str:
    return gough().users.change(name, is_disabled=False).name


def remove(name: str) -> None:
    gough().users.remove(name)


def reset_password(name: str) -> str:
    return gough().users.reset_password(name).link


def reset_second_factor(name: str) -> None:
    gough().users.reset_second_factor(name)
