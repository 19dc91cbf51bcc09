"""The policies that come with Gough: each fails on a neglected machine and passes on one that is kept well."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.domain.errors import Invalid, NotFound
from gough.lab.osquery import Machine, Tables
from gough.services.fleet_hosts.pack import PackPolicy, packs, read_pack

SSHD = "/etc/ssh/sshd_config"
GOOD: dict[str, list[dict[str, str]]] = {
    "augeas": [{"path": SSHD, "label": "PasswordAuthentication", "value": "no"}],
    "file": [
        {"path": "/etc/ssh/ssh_host_ed25519_key", "uid": "0", "mode": "0600", "type": "regular"},
        {"path": "/var/log/journal", "uid": "0", "mode": "2755", "type": "directory"},
    ],
    "systemd_units": [
        {"id": name, "active_state": "active"}
        for name in ("ufw.service", "apt-daily.timer", "chrony.service", "auditd.service")
    ],
    "listening_ports": [{"port": "5432", "address": "127.0.0.1"}],
    "deb_packages": [
        {"name": name, "version": "1", "status": "install ok installed"}
        for name in ("unattended-upgrades", "libssl3t64")
    ],
    "users": [{"uid": "0", "username": "root"}],
    "shadow": [{"username": "root", "password_status": "locked"}],
    "sudoers": [{"source": "/etc/sudoers", "header": "%sudo", "rule_details": "ALL=(ALL:ALL) ALL"}],
    "mounts": [{"path": "/", "device_alias": "/dev/dm-0"}],
    "disk_encryption": [{"name": "/dev/dm-0", "encrypted": "1"}],
    "os_version": [{"platform": "ubuntu", "major": "24"}],
}
BAD: dict[str, list[dict[str, str]]] = {
    "augeas": [
        {"path": SSHD, "label": "PermitRootLogin", "value": "yes"},
        {"path": f"{SSHD}.d/50-cloud-init.conf", "label": "PermitEmptyPasswords", "value": "Yes"},
        {"path": SSHD, "label": "PasswordAuthentication", "value": "yes"},
    ],
    "file": [{"path": "/etc/ssh/ssh_host_rsa_key", "uid": "0", "mode": "0644", "type": "regular"}],
    "systemd_units": [{"id": "ufw.service", "active_state": "inactive"}],
    "listening_ports": [{"port": "6379", "address": "0.0.0.0"}],
    "deb_packages": [{"name": "unattended-upgrades", "version": "1", "status": "deinstall ok config-files"}],
    "users": [{"uid": "0", "username": "root"}, {"uid": "0", "username": "toor"}],
    "shadow": [{"username": "guest", "password_status": "empty"}],
    "sudoers": [{"source": "/etc/sudoers.d/ops", "header": "ops", "rule_details": "ALL=(ALL) NOPASSWD: ALL"}],
    "mounts": [{"path": "/", "device_alias": "/dev/sda1"}],
    "disk_encryption": [{"name": "/dev/sda1", "encrypted": "0"}],
    "os_version": [{"platform": "ubuntu", "major": "20"}],
}
# osquery's columns that are numbers: SQLite compares a text with a number only where the column says so.
NUMBERS = {
    "file": ("uid",),
    "listening_ports": ("port",),
    "users": ("uid",),
    "disk_encryption": ("encrypted",),
    "os_version": ("major",),
}
POLICIES = [(name, policy) for name in packs() for policy in read_pack(name).policies]


def machine(rows: dict[str, list[dict[str, str]]]) -> Tables:
    tables = Tables(Machine("u", "web-1", "s"))
    for name, content in rows.items():
        tables.set(name, content, numbers=NUMBERS.get(name, ()))
    return tables


@pytest.fixture(scope="module")
def good() -> Iterator[Tables]:
    tables = machine(GOOD)
    yield tables
    tables.close()


@pytest.fixture(scope="module")
def bad() -> Iterator[Tables]:
    tables = machine(BAD)
    yield tables
    tables.close()


@pytest.mark.parametrize(("pack", "policy"), POLICIES, ids=lambda each: getattr(each, "id", each))
def test_a_policy_tells_a_neglected_machine_from_a_kept_one(
    pack: str, policy: PackPolicy, good: Tables, bad: Tables
) -> None:
    assert good.ask(policy.query)
    assert bad.ask(policy.query) == []
    assert policy.description and policy.resolution, f"{pack}: people have to know why, and what to do"


def test_every_subject_is_there_and_some_are_critical() -> None:
    subjects = {policy.id.partition("-")[0] for _, policy in POLICIES}
    assert subjects == {"ssh", "firewall", "updates", "users", "encryption", "time", "auditing"}
    assert {policy.critical for _, policy in POLICIES} == {True, False}


def test_a_pack_with_mistakes_names_them_all(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("policies:\n  - {id: one, title: T, query: SELECT 1, critical: maybe}\n")
    (tmp_path / "b.yaml").write_text("policies: [\n")
    (tmp_path / "c.yaml").write_text("policies:\n" + "  - {id: two, title: T, query: SELECT 1, critical: true}\n" * 2)
    with pytest.raises(Invalid) as refused:
        read_pack(str(tmp_path))
    said = " ".join(f"{each.pointer} {each.message}" for each in refused.value.problems)
    assert "a.yaml: policies/0/critical" in said and "b.yaml no YAML" in said and "two this id" in said
    with pytest.raises(NotFound, match="nothing-like-it"):
        read_pack("nothing-like-it")


def test_the_tables_refuse_what_osquery_would_refuse(good: Tables) -> None:
    with pytest.raises(sqlite3.Error, match="no such table"):
        good.ask("SELECT 1 FROM nowhere")
