"""Policy packs: folders of YAML files, and bringing a Fleet server's policies in line with one.

Which policies are critical stands in the pack, not in Fleet, whose own mark costs money.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.fleet_hosts import PolicyDraft, PolicyRecord
from gough.persistence.models import Policy
from gough.ports import SecurityServer
from gough.services import audit
from gough.services.context import Use
from gough.services.fleet_hosts import servers
from gough.services.fleet_hosts.recording import record_policies
from gough.services.fleet_hosts.telling import mark_untold
from gough.shared_files import shared

DEFAULT = "ubuntu-24.04"
MARK = "Gough"  # names of ours in Fleet begin with it, so that they are found again


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackPolicy(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    title: str = Field(min_length=1, max_length=150)
    query: str = Field(min_length=1)
    critical: bool
    description: str = ""
    resolution: str = ""
    platform: str = "linux"

    def draft(self) -> PolicyDraft:
        return PolicyDraft(
            f"{MARK}: {self.title}",
            self.query.strip(),
            self.description.strip(),
            self.resolution.strip(),
            self.platform,
        )


class _File(_Strict):
    policies: list[PackPolicy]


@dataclass(frozen=True, slots=True)
class Pack:
    name: str
    policies: tuple[PackPolicy, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one policy: created, changed or unchanged."""

    name: str
    critical: bool
    outcome: str


def packs() -> list[str]:
    return sorted(folder.name for folder in shared("policies").iterdir() if folder.is_dir())


def read_pack(name: str) -> Pack:
    """One that came with Gough, or a folder of yours. Raises NotFound, or Invalid naming every mistake."""
    folder = Path(name) if "/" in name else shared("policies") / name
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not files:
        raise NotFound(f"There is no policy pack '{name}'.", hint=f"There are {', '.join(packs())}, or give a folder.")
    problems: list[Problem] = []
    found = tuple(policy for file in files for policy in _read(file, problems))
    for attribute in ("id", "title"):
        seen: set[str] = set()
        for policy in found:
            value = getattr(policy, attribute)
            problems += [Problem(value, f"this {attribute} is there twice")] if value in seen else []
            seen.add(value)
    if problems:
        raise Invalid(f"The policy pack '{name}' cannot be used.", problems=problems)
    return Pack(folder.name, found)


def _read(file: Path, problems: list[Problem]) -> list[PackPolicy]:
    try:
        content: Any = yaml.safe_load(file.read_text("utf-8"))
        return _File.model_validate(content).policies
    except yaml.YAMLError as error:
        problems.append(Problem(file.name, f"no YAML: {error}"))
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            where = "/".join(str(part) for part in each["loc"])
            problems.append(Problem(f"{file.name}: {where}", each["msg"]))
    return []


def import_pack(use: Use, server_name: str, pack_name: str = DEFAULT) -> list[Imported]:
    """Create what is missing and correct what differs; other policies are left alone. Safe to repeat.

    Raises Conflict when somebody else's policy of that name appears meanwhile.
    """
    pack = read_pack(pack_name)
    with use.database.read() as session:
        server = servers.find(session, server_name)
    client = use.security_server(server)
    known = {policy.name: policy for policy in client.policies()}
    done = [_brought(client, policy, known.get(policy.draft().name)) for policy in pack.policies]
    record_policies(use, server.id, client.policies())
    _mark(use, server.id, pack)
    counts = {outcome: sum(each.outcome == outcome for each in done) for outcome in ("created", "changed", "unchanged")}
    audit.note(target=server.name, after={"pack": pack.name, **counts})
    return done


def _brought(client: SecurityServer, wanted: PackPolicy, had: PolicyRecord | None) -> Imported:
    draft = wanted.draft()
    if had is None:
        try:
            client.create_policy(draft)
        except Conflict as error:
            raise Conflict(f"{error} Somebody made it meanwhile; import again.") from error
        return Imported(draft.name, wanted.critical, "created")
    same = PolicyDraft(had.name, had.query, had.description, had.resolution, had.platform)
    if same == draft:
        return Imported(draft.name, wanted.critical, "unchanged")
    client.update_policy(had.id, draft)
    return Imported(draft.name, wanted.critical, "changed")


def _mark(use: Use, server_id: str, pack: Pack) -> None:
    wanted = {policy.draft().name: policy.critical for policy in pack.policies}
    with use.database.write() as session:
        mine = select(Policy).where(Policy.server_id == server_id, Policy.name.in_(list(wanted)))
        for policy in session.scalars(mine):
            policy.critical, policy.pack = wanted[policy.name], pack.name
        mark_untold(session, server_id)
