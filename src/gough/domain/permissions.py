"""Who may do what: one table. PEOPLE is other people's accounts and keys; AUDIT is reading what everybody did.

METRICS is being scraped by Prometheus: a scope for a key that can do nothing else.
"""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    VIEW = "view"
    METRICS = "metrics"
    DEPLOY = "deploy"
    OPERATE = "operate"
    MANAGE = "manage"
    PEOPLE = "people"
    AUDIT = "audit"


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.VIEW, Permission.METRICS}),
    Role.OPERATOR: frozenset({Permission.VIEW, Permission.METRICS, Permission.DEPLOY, Permission.OPERATE}),
    Role.ADMIN: frozenset(Permission),
}
