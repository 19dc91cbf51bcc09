"""How long this machine has been up, suspended time included."""

import time

from gough_agent.clock import timestamp
from gough_agent.collector import Sample, collector


@collector("uptime")
def collect() -> Sample:
    seconds = time.clock_gettime(time.CLOCK_BOOTTIME)
    return {"uptime_seconds": round(seconds, 1), "booted_at": timestamp(round(time.time() - seconds))}
