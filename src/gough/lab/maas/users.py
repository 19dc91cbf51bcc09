"""Who asks, and what MAAS lets them do with a machine (its `NodePermission`, without RBAC)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gough.lab.maas.machine import Machine


@dataclass(frozen=True, slots=True)
class User:
    name: str
    is_admin: bool = True


class Permission(StrEnum):
    VIEW = "view"
    LOCK = "lock"  # also unlocking
    EDIT = "edit"
    ADMIN = "admin"
    ADMIN_READ = "admin_read"


def _may_view(user: User, machine: Machine) -> bool:
    """Machines that belong to nobody are everybody's."""
    return user.is_admin or machine.owner in {None, user.name}


RULES: Mapping[Permission, Callable[[User, Machine], bool]] = {
    Permission.VIEW: _may_view,
    Permission.LOCK: _may_view,
    Permission.EDIT: lambda user, machine: _may_view(user, machine) and not machine.locked,
    Permission.ADMIN: lambda user, machine: user.is_admin and not machine.locked,
    Permission.ADMIN_READ: lambda user, _: user.is_admin,
}


def may(user: User, machine: Machine, permission: Permission) -> bool:
    return RULES[permission](user, machine)
