"""`gough-agent doctor`: what keeps this agent from reporting, a line each, with what to do about it."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from gough_agent.config import Config, load
from gough_agent.errors import AgentError, CommandFailed, ConfigInvalid
from gough_agent.offer import pinned_key
from gough_agent.spool import Spool
from gough_agent.state import Store
from gough_agent.transport import Transport

MAX_SKEW_SECONDS = 5.0  # the server's Date has whole seconds


class Finding(NamedTuple):
    """`fix` is empty when all is well."""

    what: str
    said: str
    fix: str = ""


def examine(environment: Mapping[str, str]) -> list[Finding]:
    """Without settings there is nothing else to look at."""
    try:
        config = load(environment)
        store = Store(config.state_directory, config.runtime_directory)
    except ConfigInvalid as problem:
        return [Finding("settings", str(problem), "correct it, then `systemctl restart gough-agent`")]
    return [Finding("settings", f"machine {config.server_id}"), *(check(config, store) for check in CHECKS)]


def report(findings: list[Finding]) -> str:
    return "".join(
        f"{'wrong' if one.fix else 'ok':5}  {one.what}: {one.said}\n" + (f"       -> {one.fix}\n" if one.fix else "")
        for one in findings
    )


def _server(config: Config, _: Store) -> Finding:
    try:
        Transport(config.server_url, config.ca_file).server_date()
    except AgentError as problem:
        return Finding("server", str(problem), "check the address, the network, and the CA in GOUGH_CA_FILE")
    return Finding("server", f"{config.server_url} answers")


def _clock(config: Config, _: Store) -> Finding:
    try:
        date = Transport(config.server_url, config.ca_file).server_date()
    except AgentError:
        return Finding("clock", "not compared: the server can't be reached")
    if date is None:
        return Finding("clock", "not compared: the server says no time")
    skew = time.time() - date
    said = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's"
    return Finding("clock", said, "" if abs(skew) <= MAX_SKEW_SECONDS else "let systemd-timesyncd or chrony set it")


def _key(config: Config, store: Store) -> Finding:
    file = config.state_directory / "agent.json"
    if config.api_key:
        return Finding("key", "given as AGENT_API_KEY")
    if store.state.key is None:
        return Finding("key", "none yet", "start the service: it makes one when it enrols")
    mode = file.stat().st_mode & 0o777
    fix = "" if mode == 0o600 else f"chmod 600 {file}, and let Gough rotate the key: others could read it"
    return Finding("key", f"{file}, mode {mode:o}", fix)


def _enrolled(config: Config, store: Store) -> Finding:
    if config.api_key or store.state.agent_id:
        return Finding("enrolled", f"as {store.state.agent_id or config.server_id}")
    return Finding("enrolled", "no", "set GOUGH_ENROLMENT_TOKEN to the one that Gough shows for this machine")


def _answer(_: Config, store: Store) -> Finding:
    last = store.last_answer()
    said = f"{last.get('status') or 'none'} at {last.get('at')}: {last.get('said')}" if last else "none yet"
    fix = (
        "" if last.get("status") == 200 else "`systemctl status gough-agent` and `journalctl -u gough-agent` tell more"
    )
    return Finding("last answer", said, fix)


def _spool(config: Config, store: Store) -> Finding:
    spool, dropped = Spool(store.folder("spool"), config.spool_bytes), store.state.heartbeats_dropped
    said = f"{spool.waiting} heartbeats wait, {spool.size} bytes of {config.spool_bytes}; {dropped} were ever dropped"
    return Finding("spool", said, "they are delivered when the server answers again" if spool.waiting else "")


def _collectors(_: Config, store: Store) -> Finding:
    errors: dict[str, str] = store.last_answer().get("errors") or {}
    said = "; ".join(f"{name}: {error}" for name, error in errors.items()) or "none failed"
    return Finding(
        "collectors", said, "the rest is reported; see docs/agent.md for what each one needs" if errors else ""
    )


def _upgrades(_: Config, __: Store) -> Finding:
    try:
        pinned_key()
    except CommandFailed as problem:
        return Finding("upgrades", f"not by the server: {problem}")
    return Finding("upgrades", "signed ones are installed")


def _user(config: Config, _: Store) -> Finding:
    folder: Path = config.state_directory
    if os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding("state", str(folder))
    return Finding("state", f"{folder} can't be used by this user", "run this as root, or as the service's user")


CHECKS: tuple[Callable[[Config, Store], Finding], ...] = (
    _user, _key, _server, _clock, _enrolled, _answer, _spool, _collectors, _upgrades,
)  # fmt: skip
