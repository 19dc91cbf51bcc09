"""When the certificates on this machine expire: the first one in each file that GOUGH_CERTIFICATE_PATHS names."""

import os
import time
from pathlib import Path
from typing import NamedTuple

from gough_agent import host
from gough_agent.clock import timestamp
from gough_agent.collector import HOUR, Sample, collector
from gough_agent.x509 import not_after

DEFAULT_PATHS = ":".join(
    (
        "/etc/ssl/certs/local/*.pem",
        "/etc/ssl/certs/local/*.crt",
        "/etc/letsencrypt/live/*/cert.pem",
        "/etc/kubernetes/pki/*.crt",
        "/etc/kubernetes/pki/etcd/*.crt",
    )
)
MAX_REPORTED, MAX_FILES = 20, 500
DAY = 86400


class Found(NamedTuple):
    expires: float  # Unix time
    path: str


@collector("certificates", every=HOUR, may_hang=True)
def collect() -> Sample:
    """The soonest to expire first. `unreadable` lists files and folders that this user may not look at."""
    unreadable: list[str] = []
    found = sorted(_found(host.setting("GOUGH_CERTIFICATE_PATHS", DEFAULT_PATHS).split(":"), unreadable))
    now = time.time()
    return {
        "count": len(found),
        "expired_count": sum(one.expires <= now for one in found),
        "certificates": [
            {
                "path": one.path,
                "not_after": timestamp(one.expires),
                "days_left": round((one.expires - now) / DAY, 1),
            }
            for one in found[:MAX_REPORTED]
        ],
        "unreadable": sorted(set(unreadable))[:MAX_REPORTED],
    }


def _found(patterns: list[str], unreadable: list[str]) -> list[Found]:
    found: dict[str, Found] = {}
    for file in [file for pattern in patterns if pattern for file in _files(pattern, unreadable)][:MAX_FILES]:
        name = f"/{file.relative_to(host.root())}"
        try:
            found[name] = Found(not_after(file.read_bytes()), name)
        except (OSError, ValueError):
            unreadable.append(name)
    return list(found.values())


def _files(pattern: str, unreadable: list[str]) -> list[Path]:
    """A folder that may not be listed looks empty to a pattern: that is said instead."""
    parts = Path(pattern.lstrip("/")).parts
    plain = [part for part in parts if "*" not in part][: next((i for i, p in enumerate(parts) if "*" in p), None)]
    folder = host.path("/".join(plain))
    if len(plain) == len(parts):
        return [folder] if folder.exists() else []
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        unreadable.append(f"/{'/'.join(plain)}")
        return []
    return sorted(folder.glob("/".join(parts[len(plain) :])))
