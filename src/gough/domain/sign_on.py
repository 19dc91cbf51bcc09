"""Single sign-on: which groups of the provider's give which role. Whoever has several groups has the strongest role."""

import re
from collections.abc import Iterable, Mapping

from gough.domain.permissions import Role

_WEAKEST_FIRST = tuple(Role)


def parse_role_map(text: str) -> Mapping[str, Role]:
    """{group: role} of `gough-admins=admin,ops=operator`; semicolons part groups whose names have commas.

    Raises ValueError, saying which part is wrong.
    """
    roles: dict[str, Role] = {}
    for part in re.split(";" if ";" in text else ",", text):
        group, _, role = (word.strip() for word in part.rpartition("="))
        if not part.strip():
            continue
        if not group or role not in _WEAKEST_FIRST:
            raise ValueError(f"'{part.strip()}' is not GROUP=ROLE with one of the roles {', '.join(_WEAKEST_FIRST)}")
        if group in roles:
            raise ValueError(f"the group '{group}' has two roles")
        roles[group] = Role(role)
    return roles


def role_of(groups: Iterable[str], roles: Mapping[str, Role], default: Role | None) -> Role | None:
    """None: not to be let in."""
    given = [roles[group] for group in groups if group in roles]
    return max(given, key=_WEAKEST_FIRST.index, default=default)
