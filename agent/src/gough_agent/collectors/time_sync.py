"""Whether something keeps this machine's clock right, as the kernel is told by it: adjtimex(2), asked, not set."""

import ctypes
import struct

from gough_agent import host
from gough_agent.collector import FEW_MINUTES, Json, Sample, collector

TIMESYNCD = "run/systemd/timesync/synchronized"
TIMEX = struct.Struct("@i4xqqqqi")  # modes, offset, freq, maxerror, esterror, status; the same on amd64 and arm64
TIMEX_BYTES = 256  # more than struct timex has
UNSYNCHRONISED, NANOSECONDS = 0x0040, 0x2000  # STA_UNSYNC, STA_NANO


@collector("time_sync", every=FEW_MINUTES)
def collect() -> Sample:
    """`synchronised` is null where neither the kernel nor systemd-timesyncd may be asked."""
    try:
        return {"source": "kernel", **_kernel()}
    except OSError:
        told = host.path(TIMESYNCD).exists()
    unknown: dict[str, Json] = {"offset_seconds": None, "estimated_error_seconds": None, "maximum_error_seconds": None}
    return {"source": "systemd-timesyncd" if told else None, "synchronised": True if told else None, **unknown}


def _kernel() -> dict[str, Json]:
    buffer = ctypes.create_string_buffer(TIMEX_BYTES)
    if ctypes.CDLL(None, use_errno=True).adjtimex(buffer) < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")
    _, offset, _, maximum, estimated, status = TIMEX.unpack_from(buffer)
    return {
        "synchronised": not status & UNSYNCHRONISED,
        "offset_seconds": offset / (1e9 if status & NANOSECONDS else 1e6),
        "estimated_error_seconds": estimated / 1e6,
        "maximum_error_seconds": maximum / 1e6,
    }
