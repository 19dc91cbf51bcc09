"""The command line: four commands, too few to pay for argparse at every start."""

import os
import sys
import threading
from collections.abc import Sequence

from gough_agent import __version__
from gough_agent.errors import ConfigInvalid
from gough_agent.log import Log

USAGE = """usage: gough-agent [run [--once] | status | --version | --help]

  run         report this machine's health to Gough until told to stop (the default)
  run --once  measure once, print the result as JSON, tell nobody
  status      say whether this machine is enrolled, and the server's last answer; exit 1 if it isn't

Settings come from the environment, or from the file named by GOUGH_AGENT_ENV_FILE:
MANAGEMENT_SERVER_URL, SERVER_ID, GOUGH_ENROLMENT_TOKEN or AGENT_API_KEY, MONITORING_INTERVAL,
GOUGH_CA_FILE, GOUGH_ALLOW_HTTP, ENABLE_OSQUERY, STATE_DIRECTORY.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 well, 1 failed or not enrolled, 2 something to correct on this machine."""
    try:
        match list(sys.argv[1:] if arguments is None else arguments):
            case [] | ["run"]:
                return _run()
            case ["run", "--once"]:
                return _run_once()
            case ["status"]:
                return _status()
            case ["--version"]:
                sys.stdout.write(f"gough-agent {__version__}\n")
            case ["--help" | "-h"]:
                sys.stdout.write(USAGE)
            case _:
                sys.stderr.write(USAGE)
                return 2
    except ConfigInvalid as problem:
        Log()(str(problem))
        return 2
    return 0


def _run() -> int:
    from gough_agent.agent import Agent
    from gough_agent.config import load
    from gough_agent.state import Store
    from gough_agent.supervise import supervise

    config, log = load(os.environ), Log()
    store = Store(config.state_directory)
    store.lock()

    def work(stop: threading.Event) -> int:
        try:
            agent = Agent(config, store, stop, log)
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


def _run_once() -> int:
    import json

    from gough_agent.heartbeat import observe

    sys.stdout.write(json.dumps(observe(), indent=2) + "\n")
    return 0


def _status() -> int:
    from gough_agent.config import state_directory
    from gough_agent.state import Store

    store = Store(state_directory(os.environ))
    last = store.last_answer()
    agent_id = store.state.agent_id or last.get("agent_id")
    enrolled = agent_id is not None and last.get("status") != 410
    sys.stdout.write(f"enrolled: {'yes' if enrolled else 'no'}\nagent id: {agent_id or '-'}\n")
    if last:
        sys.stdout.write(f"last answer: {last.get('status') or 'none'} at {last.get('at')}: {last.get('said')}\n")
    else:
        sys.stdout.write("last answer: none yet\n")
    return 0 if enrolled else 1
