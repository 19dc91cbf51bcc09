"""Where the provider may stand, and which groups give which role."""

from ipaddress import ip_address

import pytest

from gough.adapters.outbound import is_forbidden
from gough.domain.permissions import Role
from gough.domain.sign_on import role_of

ROLES = {"admins": Role.ADMIN, "ops": Role.OPERATOR, "all": Role.VIEWER}


@pytest.mark.parametrize(
    ("groups", "default", "role"),
    [
        (["all", "admins", "ops"], None, Role.ADMIN),
        (["all", "ops"], Role.ADMIN, Role.OPERATOR),
        (["Admins"], None, None),
        ([], Role.VIEWER, Role.VIEWER),
    ],
)
def test_the_strongest_group_counts_and_the_default_only_without_one(
    groups: list[str], default: Role | None, role: Role | None
) -> None:
    assert role_of(groups, ROLES, default) is role


@pytest.mark.parametrize(
    ("address", "forbidden"),
    [
        ("10.0.0.7", False), ("192.168.1.1", False), ("203.0.113.9", False), ("fd12::1", False), ("2001:db8::1", False),
        ("169.254.169.254", True), ("::ffff:169.254.169.254", True), ("fe80::1", True), ("fd00:ec2::254", True),
        ("100.100.100.200", True), ("0.0.0.0", True), ("::", True), ("224.0.0.1", True),
        ("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True),
    ],
)  # fmt: skip
def test_addresses_that_are_not_asked(address: str, forbidden: bool) -> None:
    assert is_forbidden(ip_address(address), loopback=False) is forbidden


def test_loopback_is_asked_where_the_provider_is_there() -> None:
    assert not is_forbidden(ip_address("127.0.0.1"), loopback=True)
    assert is_forbidden(ip_address("169.254.169.254"), loopback=True)
