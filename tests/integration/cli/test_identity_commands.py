"""`gough user`, `api-key`, `audit` and `secrets`; and that every command which changes something is recorded."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from typer.main import get_command

from gough.cli import auditing
from gough.cli.main import app
from gough.persistence.models import AuditEntry
from gough.services import api_keys, users
from gough.services.secrets import Sealer
from tests.integration.cli.conftest import Gough
from tests.support.people import PASSWORD
from tests.support.site import ENVIRONMENT, Site

NEW = "another secret of at least 32 characters"


def commands(group: Any, above: str = "") -> list[str]:
    found = []
    for name, command in group.commands.items():
        here = f"{above}{name}"
        found += commands(command, f"{here} ") if hasattr(command, "commands") else [here]
    return found


def rows(here: Gough, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(here(*words, "-o", "json").out)
    return found


def test_an_account_and_its_keys(here: Gough, site: Site) -> None:
    link = here("user", "create", "ada", "operator").out.strip()
    assert link.startswith("https://gough.example/reset?secret=")
    users.redeem(site.use, link.rpartition("=")[2], PASSWORD)
    assert here("user", "create", "ada", "viewer").code == 5
    key = here(
        "api-key", "create", "ada", "ci", "--scope", "view", "--network", "10.0.0.0/8", "--days", "9"
    ).out.strip()
    assert api_keys.who(site.use, key, address="10.1.1.1").name == "ada (key ci)"
    listed = rows(here, "api-key", "list")[0]
    assert (listed["owner"], listed["scopes"], listed["networks"]) == ("ada", ["view"], ["10.0.0.0/8"])
    assert here("api-key", "create", "ada", "ci", "--scope", "manage").code == 2
    rotated = here("api-key", "rotate", listed["id"]).out.strip()
    api_keys.who(site.use, rotated, address="10.1.1.1")
    assert here("api-key", "revoke", listed["id"]).code == 0 and rows(here, "api-key", "list") == []
    assert here("user", "role", "ada", "admin").out == "ada is admin.\n"
    assert here("user", "disable", "ada").code == 5  # the last administrator
    here("user", "create", "bob", "admin")
    assert here("user", "disable", "ada").code == 0
    assert {row["name"]: row["is_disabled"] for row in rows(here, "user", "list")} == {"ada": True, "bob": False}


def test_what_was_changed_is_listed_and_the_log_is_verified(here: Gough, site: Site, tmp_path: Path) -> None:
    here("user", "create", "ada", "operator")
    here("machine", "lock", "nothing")
    here("user", "list")
    listed = rows(here, "audit", "list")
    assert [(row["action"], row["target"], row["outcome"], row["via"]) for row in listed] == [
        ("gough machine lock", "nothing", "NOT_FOUND", "cli"), ("gough user create", "ada", "done", "cli"),
    ]  # fmt: skip
    assert listed[1]["after"] == {"role": "operator"} and listed[1]["actor"].endswith(" (cli)")
    kept = tmp_path / "audit.jsonl"
    kept.write_text(here("audit", "export").out)
    assert "2 entries are whole" in here("audit", "verify", "--against", str(kept)).out
    with site.database.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.position == 1))
    broken = here("audit", "verify")
    assert (broken.code, broken.out) == (1, "Entry 1 is missing.\n")


def test_variables_that_may_be_secret_are_not_recorded(here: Gough, site: Site) -> None:
    site.ready()
    here("machine", "deploy", "web-1", "plain", "-v", "greeting=S3CRET")
    row = rows(here, "audit", "list")[0]
    assert (row["action"], row["target"]) == ("gough machine deploy", "web-1") and "S3CRET" not in str(row)


def test_secrets_are_rotated(here: Gough, site: Site) -> None:
    object.__setattr__(site.use, "sealer", Sealer(NEW, ENVIRONMENT["SECRET_KEY"]))
    assert "maas_regions.api_key_sealed: 1\n" in here("secrets", "rotate").out
    assert here("secrets", "rotate").out == "Everything has the newest key.\n"
    assert Sealer(NEW).open_text(site.region_row().api_key_sealed) == site.region.api_key


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("user create", True),
        ("machine deploy", True),
        ("job begin", True),
        ("region set", True),
        ("template diff", False),
    ],
)
def test_commands_that_change_something_are_known_as_such(name: str, changes: bool) -> None:
    assert name in commands(get_command(app)) and auditing.is_change(name) is changes


def test_no_exception_from_recording_is_without_its_command() -> None:
    known = commands(get_command(app))
    assert set(known) >= auditing.OURSELVES
    assert {name.rpartition(" ")[2] for name in known} >= auditing.LOOKING
