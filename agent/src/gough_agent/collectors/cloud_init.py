"""Whether cloud-init is done with this boot, and what it complained of.

cloud-init tells Gough itself, by a webhook, and forgets a report that nobody took: this is what survives. Source:
cloud-init 25.1, `cloudinit/cmd/main.py` (status_wrapper): result.json is written when the last stage has ended.
"""

import json

from gough_agent import host
from gough_agent.collector import Sample, collector

RUN = "run/cloud-init"
MAX_ERRORS, MAX_CHARACTERS = 5, 300


@collector("cloud_init")
def collect() -> Sample:
    """`status` in the words of `cloud-init status`: not run, running, done, error. `errors` are its own lines."""
    folder = host.path(RUN)
    try:
        result = json.loads((folder / "result.json").read_bytes())
    except FileNotFoundError:
        return {"status": "running" if folder.is_dir() else "not run", "errors": []}
    errors = [str(error)[:MAX_CHARACTERS] for error in result["v1"]["errors"]]
    return {"status": "error" if errors else "done", "errors": errors[:MAX_ERRORS]}
