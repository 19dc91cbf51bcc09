"""Settings from the environment, read once and checked; a wrong one says what to do.

Named tuples rather than dataclasses here and elsewhere: the dataclasses module costs 1.5 MB of memory.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from gough_agent.env_file import with_env_file
from gough_agent.errors import ConfigInvalid

DEFAULT_STATE_DIRECTORY, DEFAULT_RUNTIME_DIRECTORY = "/var/lib/gough-agent", "/run/gough-agent"
MIN_INTERVAL_SECONDS, MAX_INTERVAL_SECONDS = 0.1, 3600.0
MAX_SPOOL_MIB = 1024


class Config(NamedTuple):
    server_url: str  # without a slash at its end
    server_id: str
    enrolment_token: str | None
    api_key: str | None
    interval_seconds: float
    enable_osquery: bool
    ca_file: Path | None
    state_directory: Path
    runtime_directory: Path  # in memory where systemd gives one
    spool_bytes: int
    metrics_address: tuple[str, int] | None

    def __repr__(self) -> str:
        return f"Config(server_url={self.server_url!r}, server_id={self.server_id!r}, …)"


def load(environment: Mapping[str, str]) -> Config:
    """Raises ConfigInvalid."""
    values = with_env_file(environment)
    return Config(
        server_url=_server_url(values),
        server_id=_required(values, "SERVER_ID", "the machine's id in Gough"),
        enrolment_token=_secret(values, "GOUGH_ENROLMENT_TOKEN"),
        api_key=_secret(values, "AGENT_API_KEY"),
        interval_seconds=_interval(values.get("MONITORING_INTERVAL", "60")),
        enable_osquery=_flag(values, "ENABLE_OSQUERY", default=True),
        ca_file=_ca_file(values.get("GOUGH_CA_FILE")),
        state_directory=state_directory(environment),
        runtime_directory=runtime_directory(environment),
        spool_bytes=_spool_bytes(values.get("GOUGH_SPOOL_MIB", "16")),
        metrics_address=_metrics_address(values.get("GOUGH_METRICS_ADDRESS")),
    )


def state_directory(environment: Mapping[str, str]) -> Path:
    # systemd gives a list when a unit has more than one state directory.
    return Path(with_env_file(environment).get("STATE_DIRECTORY", DEFAULT_STATE_DIRECTORY).split(":")[0])


def runtime_directory(environment: Mapping[str, str]) -> Path:
    """The service's own, also for somebody who asks for its status; the state directory where there is none."""
    given, state = environment.get("RUNTIME_DIRECTORY"), state_directory(environment)
    if given:
        return Path(given.split(":")[0])
    services = Path(DEFAULT_RUNTIME_DIRECTORY)
    return services if str(state) == DEFAULT_STATE_DIRECTORY and services.is_dir() else state


def load_directories(environment: Mapping[str, str]) -> tuple[Path, Path]:
    """(state, runtime), for whoever only looks."""
    return state_directory(environment), runtime_directory(environment)


def _required(values: Mapping[str, str], name: str, meaning: str) -> str:
    if name not in values:
        raise ConfigInvalid(f"{name} is not set: set it to {meaning} in the environment or in the env file")
    return values[name]


def _server_url(values: Mapping[str, str]) -> str:
    text = _required(values, "MANAGEMENT_SERVER_URL", "Gough's public URL, such as https://gough.example.org,")
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError as error:
        raise ConfigInvalid("MANAGEMENT_SERVER_URL is not a URL: give https://host[:port]") from error
    if url.scheme not in ("http", "https") or not host or not text.isprintable() or " " in text:
        raise ConfigInvalid("MANAGEMENT_SERVER_URL is not a URL that starts with https://: give https://host[:port]")
    if url.username is not None or url.query or url.fragment:
        raise ConfigInvalid("MANAGEMENT_SERVER_URL holds a user, a query or a fragment: give https://host[:port] only")
    if url.scheme == "http" and not _is_loopback(host) and not _flag(values, "GOUGH_ALLOW_HTTP", default=False):
        raise ConfigInvalid(
            "MANAGEMENT_SERVER_URL is plain http to another machine, which would show the agent's key to the network: "
            "use https, or set GOUGH_ALLOW_HTTP=true if that network is trusted"
        )
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret(values: Mapping[str, str], name: str) -> str | None:
    value = values.get(name)
    # Also keeps http.client from quoting the key in its own complaint about a header.
    if value is not None and not (value.isascii() and value.isprintable() and " " not in value):
        raise ConfigInvalid(f"{name} holds spaces or other characters that no token has: copy it again")
    return value


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not MIN_INTERVAL_SECONDS <= seconds <= MAX_INTERVAL_SECONDS:
        raise ConfigInvalid(
            f"MONITORING_INTERVAL is {text!r}: give seconds from {MIN_INTERVAL_SECONDS:g} to {MAX_INTERVAL_SECONDS:g}"
        )
    return seconds


def _flag(values: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = values.get(name, str(default)).lower()
    if value not in ("true", "1", "yes", "on", "false", "0", "no", "off"):
        raise ConfigInvalid(f"{name} is {value!r}: give true or false")
    return value in ("true", "1", "yes", "on")


def _ca_file(name: str | None) -> Path | None:
    if name is None:
        return None
    try:
        with Path(name).open("rb"):
            return Path(name)
    except OSError as error:
        raise ConfigInvalid(
            f"GOUGH_CA_FILE {name} cannot be read: {error.strerror}; the service's user must be able to read it"
        ) from error


def _spool_bytes(text: str) -> int:
    mebibytes = int(text) if text.isdecimal() else 0
    if not 1 <= mebibytes <= MAX_SPOOL_MIB:
        raise ConfigInvalid(f"GOUGH_SPOOL_MIB is {text!r}: give whole mebibytes from 1 to {MAX_SPOOL_MIB}")
    return mebibytes * 1024 * 1024


def _metrics_address(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ConfigInvalid(f"GOUGH_METRICS_ADDRESS is {text!r}: give an address and a port, such as 127.0.0.1:9109")
    if not _is_loopback(host):
        raise ConfigInvalid(
            f"GOUGH_METRICS_ADDRESS is {text!r}, which other machines could read without a password: "
            "give an address of this machine alone, such as 127.0.0.1:9109"
        )
    return host, int(port)
