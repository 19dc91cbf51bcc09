"""The shell script that puts the agent on a server. Its body is install_agent.sh; this writes what it is told."""

import shlex
from importlib.resources import files

from gough.cloud_init.delivery import Delivery
from gough.cloud_init.download import download

NAME = "90-gough-agent.sh"


def script(delivery: Delivery) -> str:
    settings = {
        "PUBLIC_URL": delivery.public_url,
        "ENROLMENT_TOKEN": delivery.enrolment_token,
        "SERVER_ID": delivery.server_id,
        "INTERVAL": str(delivery.interval_seconds),
        "ALLOW_HTTP": "true" if delivery.allow_http else "",
        "CA_PEM": delivery.ca_pem,
        "CHECKSUMS": "\n".join(f"{digest}  {name}" for name, digest in sorted(delivery.agent_checksums.items())),
    }
    body = files(__package__).joinpath("install_agent.sh").read_text(encoding="utf-8")
    head, body = body.split("# -- settings --\n")
    body = body.replace("# -- download --\n", download("gough-agent"))
    return head + "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()) + body
