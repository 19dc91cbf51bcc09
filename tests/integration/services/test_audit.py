"""The audit log: what is written, and that a changed, removed, added or cut row is found."""

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
import structlog
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid
from gough.domain.permissions import Role
from gough.persistence.models import AuditCheckpoint, AuditEntry
from gough.services import audit, audit_chain, audit_verifying, regions, users
from gough.services.audit_signing import sign
from gough.services.audit_verifying import Verdict
from gough.services.secrets import Sealer
from tests.support.people import account
from tests.support.site import Site


def write(site: Site, *targets: str) -> None:
    """So many entries, in a batch of their own."""
    for target in targets:
        with audit.recording(site.use, "test", actor="ada", via="session", target=target, address="10.0.0.9"):
            audit.note(before={"n": 1}, after={"n": 2})
    audit_chain.extend(site.use)


@pytest.fixture
def ten(site: Site) -> Site:
    """Ten entries in the chain, in two batches."""
    write(site, *"abcde")
    write(site, *"fghij")
    assert verified(site).entries == 10
    return site


def verified(site: Site, kept: str = "") -> Verdict:
    return audit_verifying.verify(site.use, audit_verifying.read_checkpoints(site.use, kept))


def tamper(site: Site, *statements: object) -> None:
    with site.database.write() as session:
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]


def newest(site: Site) -> AuditEntry:
    with site.database.read() as session:
        return audit.newest(session, audit.chosen(), limit=1)[0]


def export(site: Site) -> str:
    return b"".join(audit_verifying.exported(site.use)).decode()


def test_an_entry_says_who_did_what_and_how_it_was(site: Site) -> None:
    with audit.recording(site.use, "POST /x", actor="root", via="session", address="10.0.0.9"):
        users.create(site.use, "bob", Role.VIEWER)
    told = audit.details(newest(site))
    assert {name: told[name] for name in ("actor", "via", "action", "target", "outcome", "address", "after")} == {
        "actor": "root", "via": "session", "action": "POST /x", "target": "bob", "outcome": "done",
        "address": "10.0.0.9", "after": {"role": "viewer"},
    }  # fmt: skip
    account(site.use, "root", Role.ADMIN)
    with pytest.raises(Conflict), audit.recording(site.use, "POST /y"):
        users.disable(site.use, "root")
    assert (newest(site).action, newest(site).outcome) == ("POST /y", "CONFLICT")
    with pytest.raises(ZeroDivisionError), audit.recording(site.use, "POST /z"):
        print(1 / 0)
    assert newest(site).outcome == "FAILED"


def test_secrets_and_what_databases_refuse_stay_out(site: Site) -> None:
    with audit.recording(site.use, "x", target="a\x00b\ud800" + "c" * 500):
        audit.note(before={"api_key": "S3CRET", "more": [{"password": "S3CRET"}]}, after={"name": "\x00"})
    row = newest(site)
    assert row.target.startswith("ab?c") and len(row.target) == 300
    assert "S3CRET" not in row.change and orjson.loads(row.change)["before"]["more"] == [{"password": "***"}]
    audit_chain.extend(site.use)
    assert verified(site).faults == []


def test_an_entry_that_cannot_be_written_is_in_the_log(site: Site) -> None:
    tamper(site, text("DROP TABLE audit_log"))
    with structlog.testing.capture_logs() as lines, audit.recording(site.use, "POST /x", actor="ada"):
        pass
    assert [(line["log_level"], line["actor"], line["action"]) for line in lines] == [("error", "ada", "POST /x")]


def test_the_chain_is_made_in_batches_and_is_whole(ten: Site) -> None:
    verdict = verified(ten)
    assert (verdict.faults, verdict.first, verdict.last, verdict.checkpoints) == ([], 1, 10, 2)
    assert audit_chain.extend(ten.use) == 0


def test_what_is_added_meanwhile_is_no_fault(ten: Site) -> None:
    added: list[str] = []

    def meanwhile(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM audit_log" in statement and not added:
            added.append(statement)
            write(ten, "more")

    event.listen(ten.database.engine, "before_cursor_execute", meanwhile)
    assert (verified(ten).faults, len(added)) == ([], 1)


def changed(session: Session) -> None:
    session.execute(update(AuditEntry).where(AuditEntry.position == 4).values(actor="eve"))


def changed_with_its_hash(session: Session) -> None:
    """By somebody who knows how the chain is made, and makes the rest of it anew."""
    rows = list(session.scalars(select(AuditEntry).order_by(AuditEntry.position)))
    rows[3].actor, latest = "eve", rows[2].hash or ""
    for row in rows[3:]:
        assert row.position is not None
        row.hash = latest = audit_chain.hash_of(latest, row, row.position)


def removed(session: Session) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.position == 4))


def head_cut(session: Session) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.position <= 5))


def tail_cut(session: Session) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.position > 8))


def swapped(session: Session) -> None:
    for position, other in ((2, 99), (3, 2), (99, 3)):
        session.execute(update(AuditEntry).where(AuditEntry.position == position).values(position=other))


def forged_checkpoint(session: Session) -> None:
    session.execute(update(AuditCheckpoint).where(AuditCheckpoint.position == 5).values(kind="retention"))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (changed, "Entry 4 is not what was written"),
        (changed_with_its_hash, "The entries up to 5 are not those that a checkpoint was made of"),
        (removed, "Entry 4 is missing"),
        (head_cut, "Entries 1 to 5 are missing"),
        (tail_cut, "Entries 9 to 10 are missing: a checkpoint knows of 10"),
        (swapped, "Entry 2 is not what was written"),
        (forged_checkpoint, "The checkpoint at 5 is not signed by this Gough"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_was_done_to_the_log_is_found(ten: Site, harm: Callable[[Session], None], said: str) -> None:
    with ten.database.write() as session:
        harm(session)
    assert said in " ".join(verified(ten).faults)
    write(ten, "more")  # and going on does not hide it
    assert said.partition(":")[0] in " ".join(verified(ten).faults)


def test_the_end_has_a_checkpoint_of_its_own(ten: Site) -> None:
    tamper(ten, delete(AuditEntry).where(AuditEntry.position == 10))
    tamper(ten, delete(AuditCheckpoint).where(AuditCheckpoint.position == 10))
    assert verified(ten).faults == ["The checkpoint at 9, the end, is missing."]


def test_a_tail_cut_with_its_checkpoints_is_found_by_one_kept_elsewhere(ten: Site) -> None:
    kept = export(ten)
    after = (
        delete(AuditEntry).where(AuditEntry.position > 5),
        delete(AuditCheckpoint).where(AuditCheckpoint.position > 5),
    )
    tamper(ten, *after)
    assert verified(ten).faults == []
    assert "Entries 6 to 10 are missing" in verified(ten, kept).faults[0]
    write(ten, *"klmno")
    assert "kept elsewhere" in verified(ten, kept).faults[0]


def test_an_export_has_everything_and_is_read_back(ten: Site) -> None:
    lines = [orjson.loads(line) for line in export(ten).splitlines()]
    assert [line["kind"] for line in lines] == ["entry"] * 10 + ["checkpoint"] * 2
    assert [line["target"] for line in lines[:10]] == list("abcdefghij")
    assert len(audit_verifying.read_checkpoints(ten.use, export(ten))) == 2
    with pytest.raises(Invalid, match="not signed"):
        audit_verifying.read_checkpoints(ten.use, export(ten).replace('"position":10', '"position":11'))
    with pytest.raises(Invalid, match="Line 1 "):
        audit_verifying.read_checkpoints(ten.use, "not json")


def test_somebody_elses_signature_counts_for_nothing(ten: Site) -> None:
    stranger = ten.made_with(ten.database)
    object.__setattr__(stranger, "sealer", Sealer("another key of at least 32 characters"))
    with ten.database.write() as session:
        sign(stranger, session.get_one(AuditCheckpoint, 10))
    assert "The checkpoint at 10 is not signed by this Gough." in verified(ten).faults


def test_old_entries_go_up_to_a_checkpoint_that_says_so(ten: Site) -> None:
    keeping = ten.made_with(ten.database, {"GOUGH_AUDIT_DAYS": "30"})
    audit_chain.retain(keeping)
    assert verified(ten).entries == 10
    ten.clock.now += timedelta(days=31)
    write(ten, "k")
    audit_chain.retain(keeping)
    audit_chain.retain(ten.use)
    verdict = verified(ten)
    assert (verdict.faults, verdict.first, verdict.last, verdict.entries) == ([], 11, 11, 1)
    write(ten, "l")
    tamper(ten, delete(AuditEntry).where(AuditEntry.position == 11))
    assert "Entry 11 is missing." in verified(ten).faults


def test_a_region_is_told_before_and_after(site: Site) -> None:
    with audit.recording(site.use, "PATCH /x", actor="ada"):
        regions.change(site.use, "lab", max_in_flight=7, feed=regions.FeedAccount("feeder", "S3CRET"))
    told = audit.details(newest(site))
    assert (told["before"]["max_in_flight"], told["after"]["max_in_flight"]) == (0, 7)
    assert told["after"]["feed_username"] == "feeder" and told["after"]["new_credentials"] is True
    assert "S3CRET" not in str(told)
