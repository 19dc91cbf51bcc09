"""The shell script that lets Gough's Ansible onto a server. Its body is admit_ansible.sh."""

import shlex
from importlib.resources import files

from gough.cloud_init.delivery import AnsibleAccess

NAME = "92-gough-ansible.sh"


def script(access: AnsibleAccess) -> str:
    settings = {"ACCOUNT": access.user, "PUBLIC_KEY": access.public_key}
    body = files(__package__).joinpath("admit_ansible.sh").read_text(encoding="utf-8")
    head, body = body.split("# -- settings --\n")
    return head + "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()) + body
