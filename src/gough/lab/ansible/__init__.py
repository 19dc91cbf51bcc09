"""How the lab's Gough configures virtual machines: real Ansible over real SSH, within each machine's folder."""

from gough.lab.ansible.site import Site, missing
from gough.lab.ansible.ssh_server import SshServer

__all__ = ["Site", "SshServer", "missing"]
