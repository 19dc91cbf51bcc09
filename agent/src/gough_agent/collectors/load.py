"""Load averages over 1, 5 and 15 minutes: runnable and uninterruptible tasks, over all cores."""

import os

from gough_agent.collector import Sample, collector


@collector("load")
def collect() -> Sample:
    one, five, fifteen = os.getloadavg()
    return {"load_1m": round(one, 2), "load_5m": round(five, 2), "load_15m": round(fifteen, 2)}
