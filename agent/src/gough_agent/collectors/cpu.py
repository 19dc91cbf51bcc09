"""Processor time since the last heartbeat, in percent of all cores, from /proc/stat through psutil."""

import psutil

from gough_agent.collector import Sample, collector

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")  # guest is counted within user


class Meter:
    """Remembers the last reading. The first sample is the average since boot, as the kernel counts from there."""

    def __init__(self) -> None:
        self._last = dict.fromkeys(MODES, 0.0)

    def sample(self) -> Sample:
        times = psutil.cpu_times()
        now = {mode: getattr(times, mode) for mode in MODES}
        # The kernel's iowait and steal may run backwards a little.
        spent = {mode: max(0.0, now[mode] - self._last[mode]) for mode in MODES}
        self._last = now
        total = sum(spent.values()) or 1.0
        share = {mode: round(100 * seconds / total, 2) for mode, seconds in spent.items()}
        busy = sum(spent.values()) - spent["idle"] - spent["iowait"]
        return {
            "count": psutil.cpu_count() or 1,
            "percent": round(100 * busy / total, 2),
            **{f"{mode}_percent": percent for mode, percent in share.items()},
        }


collector("cpu")(Meter().sample)
