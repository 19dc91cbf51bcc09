"""The policies that come with Gough: each fails on a neglected machine and passes on one that is kept well."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.domain.errors import Invalid, NotFound
from gough.lab.osquery import Machine, Tables, kept
from gough.lab.osquery.kept import BAD
from gough.services.fleet_hosts.pack import PackPolicy, packs, read_pack

POLICIES = [(name, policy) for name in packs() for policy in read_pack(name).policies]


@pytest.fixture(scope="module")
def good() -> Iterator[Tables]:
    tables = kept(Machine("u", "web-1", "s"))
    yield tables
    tables.close()


@pytest.fixture(scope="module")
def bad() -> Iterator[Tables]:
    tables = kept(Machine("u", "web-1", "s"), neglected=BAD)
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
