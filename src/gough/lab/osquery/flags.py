"""osquery's flag file: `--name=value` a line. A flag that osqueryd would not start with is refused here too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KNOWN = frozenset({
    "tls_hostname", "tls_server_certs", "enroll_secret_path", "host_identifier", "enroll_tls_endpoint",
    "config_plugin", "config_tls_endpoint", "config_refresh", "disable_distributed", "distributed_plugin",
    "distributed_interval", "distributed_tls_max_attempts", "distributed_tls_read_endpoint",
    "distributed_tls_write_endpoint", "logger_plugin", "logger_tls_endpoint", "logger_tls_period",
})  # fmt: skip
NEEDED = ("tls_hostname", "enroll_secret_path", "enroll_tls_endpoint", "config_tls_endpoint")


@dataclass(frozen=True, slots=True)
class Flags:
    values: Mapping[str, str]

    def path(self, name: str) -> str:
        return self.values[name]

    def number(self, name: str, default: int) -> int:
        return int(self.values.get(name, default))


def read_flags(text: str) -> Flags:
    """Raises ValueError naming the line osqueryd would stop at."""
    values = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, separator, value = line.removeprefix("--").partition("=")
        if not line.startswith("--") or not separator or name not in KNOWN:
            raise ValueError(f"unknown command line flag '{line}'")
        values[name] = value
    if missing := [name for name in NEEDED if not values.get(name)]:
        raise ValueError(f"flag {missing[0]} is not set")
    if values.get("tls_server_certs") and not Path(values["tls_server_certs"]).is_file():
        raise ValueError(f"cannot read TLS server certificate(s): {values['tls_server_certs']}")
    return Flags(values)
