"""The command line: a handful of commands, too few to pay for argparse at every start."""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from gough_agent import __version__
from gough_agent.errors import ConfigInvalid
from gough_agent.log import Log

if TYPE_CHECKING:
    from gough_agent.collector import Json
    from gough_agent.config import Config

USAGE = """usage: gough-agent [run [--once] | status | doctor | fleet-secret | install-upgrade | --version | --help]

  run              report this machine's health to Gough until told to stop (the default)
  run --once       measure once, print the result as JSON, tell nobody
  status           say whether this machine is enrolled, and the server's last answer; exit 1 if it isn't
  doctor           look for whatever keeps this agent from reporting, and say what to do; exit 1 if there is any
  fleet-secret     ask Gough, with this agent's key, for the secret with which osquery enrols in Fleet, and print it
  install-upgrade  as root: install the signed package that the agent has fetched; gough-agent-upgrade.service does it

Settings come from the environment, or from the file named by GOUGH_AGENT_ENV_FILE:
MANAGEMENT_SERVER_URL, SERVER_ID, GOUGH_ENROLMENT_TOKEN or AGENT_API_KEY, MONITORING_INTERVAL,
GOUGH_CA_FILE, GOUGH_ALLOW_HTTP, ENABLE_OSQUERY, GOUGH_SPOOL_MIB, GOUGH_METRICS_ADDRESS,
GOUGH_CERTIFICATE_PATHS, GOUGH_DOCKER_SOCKET, STATE_DIRECTORY.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 well, 1 failed or not enrolled, 2 something to correct on this machine."""
    commands: dict[tuple[str, ...], Callable[[], int]] = {
        (): _run,
        ("run",): _run,
        ("run", "--once"): _run_once,
        ("status",): _status,
        ("doctor",): _doctor,
        ("fleet-secret",): _fleet_secret,
        ("install-upgrade",): _install_upgrade,
        ("--version",): lambda: _say(f"gough-agent {__version__}\n"),
        ("--help",): lambda: _say(USAGE),
        ("-h",): lambda: _say(USAGE),
    }
    command = commands.get(tuple(sys.argv[1:] if arguments is None else arguments))
    if command is None:
        sys.stderr.write(USAGE)
        return 2
    try:
        return command()
    except ConfigInvalid as problem:
        Log()(str(problem))
        return 2


def _say(text: str) -> int:
    sys.stdout.write(text)
    return 0


def _run() -> int:
    from gough_agent.agent import Agent
    from gough_agent.config import load
    from gough_agent.state import Store
    from gough_agent.supervise import supervise

    config, log = load(os.environ), Log()
    store = Store(config.state_directory, config.runtime_directory)
    store.lock()
    publish = _publisher(config)

    def work(stop: threading.Event) -> int:
        try:
            agent = Agent(config, store, stop, log, publish=publish)
            log(f"version {__version__}, server {config.server_url}, machine {config.server_id}")
            agent.run()
        except ConfigInvalid as problem:
            log(str(problem))
            return 2
        except Exception as error:  # one clean line instead of a traceback; the service starts it again
            log(f"stopped by a fault of its own: {type(error).__name__}: {error}")
            return 1
        log("stopped")
        return 0

    return supervise(work)


def _publisher(config: "Config") -> Callable[[Mapping[str, "Json"]], object]:
    """What takes each heartbeat for this machine's own readers. Raises ConfigInvalid."""
    if config.metrics_address is None:
        return lambda _: None
    from gough_agent.metrics import Metrics

    try:
        return Metrics(*config.metrics_address).publish
    except OSError as error:
        host, port = config.metrics_address
        raise ConfigInvalid(
            f"GOUGH_METRICS_ADDRESS {host}:{port} cannot be listened on: {error.strerror}; give a free port"
        ) from error


def _run_once() -> int:
    import json

    from gough_agent.heartbeat import observe
    from gough_agent.survey import Survey

    sys.stdout.write(json.dumps(observe(Survey()), indent=2) + "\n")
    return 0


def _status() -> int:
    from gough_agent.config import load_directories
    from gough_agent.state import Store

    store = Store(*load_directories(os.environ))
    last = store.last_answer()
    agent_id = store.state.agent_id or last.get("agent_id")
    enrolled = agent_id is not None and last.get("status") != 410
    said = f"{last.get('status') or 'none'} at {last.get('at')}: {last.get('said')}" if last else "none yet"
    _say(f"enrolled: {'yes' if enrolled else 'no'}\nagent id: {agent_id or '-'}\nlast answer: {said}\n")
    return 0 if enrolled else 1


def _doctor() -> int:
    from gough_agent.doctor import examine, report

    findings = examine(os.environ)
    _say(report(findings))
    return 1 if any(finding.fix for finding in findings) else 0


def _fleet_secret() -> int:
    from gough_agent.errors import Refused, Unreachable
    from gough_agent.fleet_secret import fetch

    try:
        return _say(f"{fetch(os.environ)}\n")
    except (Refused, Unreachable) as problem:
        Log()(f"no secret: {problem}")
        return 1


def _install_upgrade() -> int:
    from gough_agent.config import load_directories
    from gough_agent.errors import CommandFailed
    from gough_agent.upgrade_install import install

    try:
        Log()(install(load_directories(os.environ)[0] / "upgrade"))
    except CommandFailed as problem:
        Log()(f"upgrade refused: {problem}")
        return 1
    return 0
