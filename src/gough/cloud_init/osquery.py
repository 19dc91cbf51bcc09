"""The shell script that puts osquery on a server and joins it to Fleet. Its body is install_osquery.sh."""

import shlex
from importlib.resources import files

from gough.cloud_init.delivery import Delivery, Osquery
from gough.cloud_init.download import download

NAME = "91-gough-osquery.sh"  # after the agent's: its key opens Fleet's secret


def script(delivery: Delivery, osquery: Osquery) -> str:
    settings = {
        "PUBLIC_URL": delivery.public_url,
        "CA_PEM": delivery.ca_pem,
        "FLAGS": osquery.flags,
        "FLEET_CA_PEM": osquery.ca_pem,
        "CHECKSUMS": "\n".join(f"{digest}  {name}" for name, digest in sorted(osquery.checksums.items())),
    }
    body = files(__package__).joinpath("install_osquery.sh").read_text(encoding="utf-8")
    head, body = body.split("# -- settings --\n")
    body = body.replace("# -- download --\n", download("gough-osquery"))
    return head + "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()) + body
