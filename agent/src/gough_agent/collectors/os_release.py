"""The operating system, from /etc/os-release and uname. Read once: a new kernel comes with a new process."""

import functools
import os
import platform

from gough_agent.collector import Sample, collector


@collector("os")
@functools.cache
def collect() -> Sample:
    """`id` and `version` as in os-release ("ubuntu", "24.04"); empty where the file says nothing."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}  # a minimal image may have none; the kernel is still worth knowing
    uname = os.uname()
    return {
        "name": release.get("PRETTY_NAME") or release.get("NAME", ""),
        "id": release.get("ID", ""),
        "version": release.get("VERSION_ID", ""),
        "kernel": uname.release,
        "architecture": uname.machine,
    }
