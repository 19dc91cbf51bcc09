"""Units of systemd that failed. No file tells it, so `systemctl` is asked, every five minutes."""

from gough_agent import host
from gough_agent.collector import FEW_MINUTES, Sample, collector
from gough_agent.program import run

COMMAND = ("systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager", "--full")
MAX_UNITS = 20


@collector("systemd", every=FEW_MINUTES, may_hang=True)
def collect() -> Sample:
    """`readable` is false without systemd, or from within a container; nothing is known then."""
    if not host.is_here() or not host.path("run/systemd/system").is_dir():
        return {"readable": False, "failed_count": None, "failed_units": []}
    units = [line.split()[0] for line in run(COMMAND).splitlines() if line.strip()]
    return {"readable": True, "failed_count": len(units), "failed_units": units[:MAX_UNITS]}
