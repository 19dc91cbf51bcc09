"""Changing SECRET_KEY: everything sealed is sealed anew, whenever it is interrupted."""

import pytest
from sqlalchemy import select, text, update

from gough.domain.errors import Misconfigured
from gough.domain.permissions import Role
from gough.persistence.models import Base, Bulk, Deployment, Region
from gough.services import audit_chain, audit_verifying, key_rotation, lifecycle, second_factor
from gough.services.context import Use
from gough.services.secrets import Sealer
from tests.integration.services.test_audit import write
from tests.support.people import PASSWORD, account
from tests.support.site import ENVIRONMENT, Site

OLD = ENVIRONMENT["SECRET_KEY"]
NEW = "another secret of at least 32 characters"
REGION_KEY = "maas_regions.api_key_sealed"


def with_keys(site: Site, *keys: str) -> Use:
    return Use(site.use.settings, site.database, Sealer(*keys), site.connect, site.bell, dict)


def sealed_values(site: Site) -> list[str | bytes]:
    found: list[str | bytes] = []
    with site.database.read() as session:
        for _, column in key_rotation.sealed_columns():
            found += [value for value in session.scalars(select(column)) if value]
    return found


@pytest.fixture
def full(site: Site) -> Site:
    """A site with something in several sealed columns, text and bytes."""
    lifecycle.deploy(site.use, site.ready(), lifecycle.Plan("plain", {"greeting": "hi"}), by="ada")
    second_factor.begin(site.use, account(site.use, "ada", Role.ADMIN).id, PASSWORD)
    with site.database.write() as session:
        session.execute(update(Deployment).values(user_data_sealed=site.use.sealer.seal(b"#cloud-config")))
        session.add(
            Bulk(action="test", state="done", reason="", parameters_sealed=site.use.sealer.seal_text("{}"),
                 parameters_shown={}, max_in_flight=1, stop_after=1, created_by="ada", created_at=site.clock.now)
        )  # fmt: skip
    write(site, "a", "b")
    return site


def test_every_sealed_column_is_sealed_anew(full: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "CHUNK", 1)
    done = key_rotation.rotate(with_keys(full, NEW, OLD))
    filled = {
        "bulk_operations.parameters_sealed", "deployments.user_data_sealed", "deployments.variables_sealed",
        REGION_KEY, "users.totp_pending_sealed", "audit_checkpoints.signature",
    }  # fmt: skip
    assert {name for name, count in done.items() if count} == filled
    alone = Sealer(NEW)
    for value in sealed_values(full):
        alone.open(value.encode() if isinstance(value, str) else value)
    assert audit_verifying.verify(with_keys(full, NEW)).faults == []
    assert not any(key_rotation.rotate(with_keys(full, NEW, OLD)).values())


def test_what_is_sealed_has_a_name_that_says_so() -> None:
    """The rotation finds columns by their names."""
    names = {f"{table.name}.{column.name}" for table, column in key_rotation.sealed_columns()}
    assert REGION_KEY in names and "users.totp_sealed" in names
    assert names == {f"{t.name}.{c.name}" for t in Base.metadata.sorted_tables for c in t.columns if "sealed" in c.name}


def test_it_may_be_interrupted_and_run_again(full: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    both, renew, turns = with_keys(full, NEW, OLD), Sealer.renewed, []

    def dies(self: Sealer, sealed: bytes) -> bytes:
        turns.append(sealed)
        if len(turns) == 3:
            raise KeyboardInterrupt
        return renew(self, sealed)

    monkeypatch.setattr(Sealer, "renewed", dies)
    with pytest.raises(KeyboardInterrupt):
        key_rotation.rotate(both)
    for value in sealed_values(full):  # both keys open everything, however far it came
        both.sealer.open(value.encode() if isinstance(value, str) else value)
    assert sum(key_rotation.rotate(both).values()) == 6 - 2


def test_a_value_that_changes_meanwhile_is_left_to_whoever_changes_it(
    full: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, renew = with_keys(full, NEW, OLD), Sealer.renewed
    before, fresh = full.region_row().api_key_sealed, both.sealer.seal_text("a:new:key")

    def overtaken(self: Sealer, sealed: bytes) -> bytes:
        if sealed.decode() != before:
            return renew(self, sealed)
        with full.database.write() as session:
            session.execute(update(Region).values(api_key_sealed=fresh))
        return renew(self, sealed)

    monkeypatch.setattr(Sealer, "renewed", overtaken)
    key_rotation.rotate(both)
    assert full.region_row().api_key_sealed == fresh


def test_a_value_that_no_key_opens_stops_it_and_is_named(full: Site) -> None:
    with pytest.raises(Misconfigured, match="can be opened with neither key"):
        key_rotation.rotate(with_keys(full, NEW, "a third secret of at least 32 characters"))
    assert Sealer(OLD).open_text(full.region_row().api_key_sealed)


def test_a_checkpoint_that_was_tampered_with_is_not_signed_anew(full: Site) -> None:
    with full.database.write() as session:
        session.execute(text("UPDATE audit_checkpoints SET hash = :hash"), {"hash": "0" * 64})
    key_rotation.rotate(with_keys(full, NEW, OLD))
    assert "not signed by this Gough" in audit_verifying.verify(with_keys(full, NEW)).faults[0]
    assert audit_chain.extend(full.use) == 0
