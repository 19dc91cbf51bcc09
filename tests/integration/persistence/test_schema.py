"""Migrations: they build what the models say, from any number of processes, and back down again."""

import subprocess
import sys
from collections.abc import Callable
from subprocess import PIPE

import pytest
from alembic import command
from sqlalchemy import inspect, select, text

from gough.domain.errors import Misconfigured
from gough.persistence import schema
from gough.persistence.database import Database
from gough.persistence.models import Deployment, MachineTag, MachineToken, Region


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_models_and_migrations_agree(database: Database) -> None:
    assert schema.differences(database) == []
    assert schema.current(database) == schema.newest() is not None


def test_a_difference_between_models_and_tables_is_seen(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE job_logs")
        connection.exec_driver_sql("ALTER TABLE users ADD COLUMN shoe_size INTEGER")
    said = str(schema.differences(database))
    assert "job_logs" in said and "shoe_size" in said


def test_upgrading_again_changes_nothing(database: Database) -> None:
    before = tables(database)
    schema.upgrade(database)
    schema.upgrade(database)
    assert tables(database) == before and schema.differences(database) == []
    schema.require_newest(database)


def test_a_database_that_is_not_migrated_says_what_to_do(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with pytest.raises(Misconfigured, match="at schema none") as caught:
        schema.require_newest(database)
    assert "gough db upgrade" in caught.value.hint
    database.close()


def test_several_processes_may_upgrade_at_once(empty_database_url: str) -> None:
    program = (
        "import sys; from gough.persistence import schema; from gough.persistence.database import Database\n"
        "database = Database(sys.argv[1]); sys.stdin.read(1); schema.upgrade(database)"
    )
    command_line = [sys.executable, "-W", "error", "-c", program, empty_database_url]
    started = [subprocess.Popen(command_line, stdin=PIPE, stderr=PIPE) for _ in range(4)]
    for process in started:  # all have imported; now all begin
        assert process.stdin is not None
        process.stdin.write(b".")
        process.stdin.flush()
    failures = [process.communicate()[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], failures
    database = Database(empty_database_url)
    assert schema.differences(database) == []
    database.close()


def test_everything_can_be_taken_down_and_built_again(database: Database) -> None:
    def run(what: Callable[..., None], revision: str) -> None:
        with database.engine.connect() as connection, connection.begin():
            what(schema._config(connection), revision)

    run(command.downgrade, "base")
    assert tables(database) == set()
    run(command.upgrade, "head")
    assert schema.differences(database) == []


def test_an_upgrade_keeps_what_was_there(empty_database_url: str) -> None:
    """Tables are made anew on SQLite to change a column; nothing that refers to them may go with the old one."""
    database = Database(empty_database_url)
    schema.upgrade(database, "0001")
    with database.engine.begin() as connection:
        for table, row in OLD_ROWS:
            names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)
    schema.upgrade(database)
    with database.read() as session:
        assert session.get_one(Deployment, "dep").template_version_id == "ver"
        assert [t.deployment_id for t in session.scalars(select(MachineToken))] == ["dep"]
        assert {(t.machine_id, t.tag) for t in session.scalars(select(MachineTag))} == {("mac", "gpu"), ("mac", "ssd")}
        assert (session.get_one(Region, "reg").chunk_size, session.get_one(Region, "reg").feed_state) == (20, "off")
    database.close()


AT = "2026-01-01 00:00:00+00:00"
OLD_ROWS: tuple[tuple[str, dict[str, object]], ...] = (
    ("maas_regions", {"id": "reg", "name": "lab", "url": "http://maas/", "api_key_sealed": "x", "created_at": AT,
                      "username": "", "version": "", "health": "ok", "health_reason": "", "poll_lease_token": 0}),
    ("machines", {"id": "mac", "region_id": "reg", "system_id": "abc", "hostname": "web-1", "fqdn": "", "status": 4,
                  "status_message": "", "status_since": AT, "power_state": "off", "power_type": "", "architecture": "",
                  "cpu_count": 0, "memory_mib": 0, "storage_mb": 0, "zone": "", "pool": "", "owner": "",
                  "osystem": "", "distro_series": "", "locked": False, "hardware_uuid": "", "serial": "",
                  "tags": '["gpu", "ssd"]', "mac_addresses": "[]", "ip_addresses": "[]", "owner_data": "{}",
                  "search": "", "first_seen_at": AT, "observed_at": AT, "service": "out", "service_since": AT,
                  "reason": "", "next_action": ""}),
    ("jobs", {"id": "job", "kind": "deployment", "machine_id": "mac", "state": "done", "priority": 0,
              "parameters": "{}", "created_by": "x", "created_at": AT, "events_after": 0, "superseded": False,
              "signals": 0, "lease_token": 0}),
    ("templates", {"id": "tem", "name": "plain", "created_at": AT}),
    ("template_versions", {"id": "ver", "template_id": "tem", "number": 1, "checksum": "c", "metadata_text": "",
                           "body_text": "", "created_by": "x", "created_at": AT}),
    ("deployments", {"id": "dep", "job_id": "job", "machine_id": "mac", "template_version_id": "ver",
                     "submission": 1, "series": "noble", "variables_sealed": "", "variables_shown": "{}",
                     "user_data_redacted": "", "user_data_sha256": "", "findings": "[]"}),
    ("machine_tokens", {"token_hash": "h", "purpose": "enrol", "deployment_id": "dep", "machine_id": "mac",
                        "created_at": AT}),
)  # fmt: skip
