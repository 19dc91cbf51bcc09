"""What a heartbeat says, but for its number and time. Units stand in the names."""

import os
import time
from pathlib import Path

import gough_agent.collectors  # noqa: F401 — registers them
from gough_agent import __version__
from gough_agent.collector import Json
from gough_agent.survey import Survey


def observe(survey: Survey) -> dict[str, Json]:
    """Everything measured now: see `heartbeat_request` in docs/agent-wire-v1.schema.json."""
    done = survey.take()
    return {
        "boot_id": boot_id(),
        "agent_version": __version__,
        "hostname": hostname(),
        "uptime_seconds": round(time.clock_gettime(time.CLOCK_BOOTTIME), 1),
        "samples": done.samples,
        "collectors": done.collectors,
    }


def boot_id() -> str:
    """A new one at each boot; empty where the kernel doesn't tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def hostname() -> str:
    return os.uname().nodename
