"""Whether osquery is installed, runs, and has been told where to enrol. Whether it did, Fleet knows.

Its daemon writes /run/osqueryd.pidfile; the package's unit moves one from /var/osquery there.
"""

import re

from gough_agent import host
from gough_agent.collector import MINUTE, Sample, collector

PID_FILES = ("run/osqueryd.pidfile", "var/osquery/osqueryd.pidfile")
FLAGS = "etc/osquery/osquery.flags"
LIST = "var/lib/dpkg/info/osquery.list"  # written anew whenever the package changes
PROGRAMS = ("opt/osquery/bin/osqueryd", "usr/bin/osqueryd", "usr/local/bin/osqueryd")


class Package:
    """The installed version. dpkg's list of packages has megabytes: it is read once a version."""

    def __init__(self) -> None:
        self._changed: float | None = None
        self._version: str | None = None

    def version(self) -> str | None:
        try:
            changed = host.path(LIST).stat().st_mtime
        except OSError:
            return None
        if changed != self._changed:
            self._changed, self._version = changed, _dpkg_version()
        return self._version


_package = Package()


@collector("osquery", every=MINUTE)
def collect() -> Sample:
    """`version` is the package's; `enrolment_configured` is null where the flags can't be read."""
    return {
        "installed": any(host.path(program).exists() for program in PROGRAMS),
        "version": _package.version(),
        "running": any(_is_osquery(name) for name in PID_FILES),
        "enrolment_configured": _enrolment_configured(),
    }


def _is_osquery(pid_file: str) -> bool:
    """The number may have been another process's since."""
    pid = host.read(pid_file) or ""
    try:
        return pid.isdecimal() and (host.proc() / pid / "comm").read_text().startswith("osqueryd")
    except OSError:
        return False


def _enrolment_configured() -> bool | None:
    try:
        flags = host.read(FLAGS) or ""
    except PermissionError:
        return None
    return re.search(r"^--enroll_tls_endpoint=\S", flags, re.MULTILINE) is not None


def _dpkg_version() -> str | None:
    mine = False
    with host.path("var/lib/dpkg/status").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("Package: "):
                mine = line == "Package: osquery\n"
            elif mine and line.startswith("Version: "):
                return line.removeprefix("Version: ").strip()
    return None
