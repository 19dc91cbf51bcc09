"""Migrations: they build what the models say, from any number of processes, and back down again."""

import subprocess
import sys
from collections.abc import Callable
from subprocess import PIPE

import pytest
from alembic import command
from sqlalchemy import inspect

from gough.domain.errors import Misconfigured
from gough.persistence import schema
from gough.persistence.database import Database


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
