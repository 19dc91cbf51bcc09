"""Every role on a real Debian 12 with systemd, over SSH: it does what it says, and its second run changes nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gough.adapters.ansible.runner import AnsibleRunner
from gough.cloud_init import AnsibleAccess
from gough.cloud_init import ansible as access
from gough.ports import Play, PlayEnd, TaskResult
from tests.stack import debian, stand_ins
from tests.stack.debian import Container
from tests.support.require import need

ROOT = Path(__file__).resolve().parents[2]
USER = "ops"
INSTALL = (
    "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install --yes openssh-server sudo ca-certificates"
)
# Settings of the whole kernel, not of a container: it gets files of its own in their place, and no swap to switch off.
KERNEL_WIDE = (
    "fs/protected_fifos", "fs/protected_hardlinks", "fs/protected_regular", "fs/protected_symlinks", "fs/suid_dumpable",
    "fs/inotify/max_user_instances", "kernel/dmesg_restrict", "kernel/kptr_restrict", "kernel/yama/ptrace_scope",
)  # fmt: skip
OWN = f"""
for name in {" ".join(KERNEL_WIDE)}; do
    [ -e /proc/sys/$name ] || continue
    install -D /dev/null /srv/sys/$name
    mount --bind /srv/sys/$name /proc/sys/$name
done
echo 'Filename Type Size Used Priority' > /srv/swaps
mount --bind /srv/swaps /proc/swaps
"""
ACCOUNT = f"""
useradd --create-home --shell /bin/bash {USER}
install -d -m 700 -o {USER} /home/{USER}/.ssh
install -d /run/sshd
"""
RECAP = re.compile(r"^host\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=0\s+failed=0", re.MULTILINE)
pytestmark = [pytest.mark.roles, pytest.mark.timeout(900)]


@dataclass
class Host:
    machine: Container
    folder: Path
    key: str
    agent: Path
    options: list[str] = field(default_factory=list)

    def play(self, role: str, variables: dict[str, Any], *arguments: str) -> int:
        """How many tasks changed something."""
        play = [{"hosts": "host", "become": True, "roles": [f"gough.gough.{role}"], "vars": variables}]
        path = self.folder / f"{role}.json"
        path.write_text(json.dumps(play))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), *self.options, *arguments, str(path)]
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "ansible/collections"), "ANSIBLE_HOST_KEY_CHECKING": "false",
        }  # fmt: skip
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
        found = RECAP.search(done.stdout)
        assert found, f"{done.stdout[-4000:]}{done.stderr[-1000:]}"
        self.said = done.stdout
        return int(found[2])

    def twice(self, role: str, **variables: Any) -> None:
        named = {f"{role}_{name}": value for name, value in variables.items()}
        assert self.play(role, named) > 0
        assert self.play(role, named, "--check") == 0, self.said
        assert self.play(role, named) == 0, self.said

    def said_by(self, command: str) -> str:
        return self.machine.run("sh", "-c", command)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    need(
        all(map(shutil.which, ("gpg", "dpkg-deb", "dpkg-scanpackages"))),
        "Debian's tools",
        "apt-get install gpg dpkg-dev",
    )
    folder = tmp_path_factory.mktemp("ansible")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "id")], check=True)
    key = stand_ins.make(folder / "stand-ins", folder)
    command = [sys.executable, str(ROOT / "agent/build.py"), "--out", str(folder / "agent")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (agent,) = (folder / "agent").glob("*.deb")
    rights = ["--cap-add=NET_ADMIN", "--security-opt=systempaths=unconfined", "--publish=127.0.0.1::22"]
    rights += ["--tmpfs=/var/lib/docker:exec"]  # an overlay does not stand on another
    rights += ["--device=/dev/kvm"] if Path("/dev/kvm").exists() else []
    with debian.engine(bridges=True) as engine:
        debian.make_image(engine)
        with engine.container(*rights) as machine:
            machine.run("sh", "-ec", f"{OWN}\n{INSTALL}\n{ACCOUNT}")
            machine.run("sh", "-c", f"echo '{USER} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/{USER}")
            machine.put(folder / "id.pub", f"/home/{USER}/.ssh/authorized_keys")
            for role in ("osquery", "kubernetes"):  # apt refuses one place with two keys
                machine.run("mkdir", f"/srv/{role}")
                for path in (folder / "stand-ins").iterdir():
                    machine.put(path, f"/srv/{role}/{path.name}")
            (folder / "hosts").write_text(
                f"host ansible_host=127.0.0.1 ansible_port={machine.port(22)} ansible_user={USER} "
                f"ansible_ssh_private_key_file={folder / 'id'} ansible_python_interpreter=/usr/bin/python3\n"
            )
            yield Host(machine, folder, key, agent, ["-i", str(folder / "hosts")])


def test_hardening(host: Host) -> None:
    host.twice("hardening", reboot_after_updates=True, sysctl={"net.ipv4.conf.all.log_martians": 1})
    assert "passwordauthentication no" in host.said_by("sshd -T")
    assert "permitrootlogin no" in host.said_by("sshd -T")
    assert host.said_by("cat /proc/sys/net/ipv4/conf/all/accept_redirects /srv/sys/kernel/kptr_restrict").split() == [
        "0",
        "2",
    ]
    assert host.said_by("cat /proc/sys/net/ipv4/conf/all/log_martians").strip() == "1"
    assert 'Automatic-Reboot "true"' in host.said_by("apt-config dump")
    assert host.machine.run("systemctl", "is-enabled", "unattended-upgrades").strip() == "enabled"


def test_gough_agent(host: Host) -> None:
    told = {"server_url": "http://127.0.0.1:9", "server_id": "m1", "enrolment_token": "token-of-m1"}
    host.twice("gough_agent", package=str(host.agent), options={"MONITORING_INTERVAL": 30}, **told)
    assert host.said_by("stat --format=%a /etc/gough-agent/agent.env").strip() == "600"
    assert host.machine.run("systemctl", "is-active", "gough-agent").strip() == "active"
    assert "token-of-m1" not in host.said


def test_docker(host: Host) -> None:
    host.twice("docker", users=[USER], log_max_files=3, address_pool="10.99.0.0/16")
    assert host.said_by("docker info --format '{{.LoggingDriver}} {{.LiveRestoreEnabled}}'").split() == [
        "json-file",
        "true",
    ]
    assert "10.99.0.0/16" in host.said_by("docker info --format '{{json .DefaultAddressPools}}'")
    assert "docker" in host.said_by(f"id -nG {USER}").split()


def test_osquery(host: Host) -> None:
    host.twice(
        "osquery", repository="file:/srv/osquery", repository_suite="./", repository_components=[],
        repository_key=host.key, fleet_url="https://fleet.example.net:8412/fleet/", enroll_secret="the secret of fleet",
        flags={"verbose": "true"},
    )  # fmt: skip
    flags = host.said_by("cat /etc/osquery/osquery.flags").splitlines()
    assert "--tls_hostname=fleet.example.net:8412" in flags
    assert "--enroll_tls_endpoint=/fleet/api/osquery/enroll" in flags
    assert "--verbose=true" in flags
    assert host.said_by("stat --format=%a /etc/osquery/enroll_secret").strip() == "600"
    assert "the secret of fleet" not in host.said
    assert "stand-in" in host.said_by("dpkg-query --show --showformat='${Version}' osquery")


def test_kvm_hypervisor(host: Host) -> None:
    asked = {"manage_bridge": True, "bridge": "br9", "bridge_address": "192.0.2.1/24", "pool_path": "/srv/guests"}
    host.twice("kvm_hypervisor", users=[USER], require_kvm=Path("/dev/kvm").exists(), **asked)
    assert "br9" in host.said_by("ip -br link show type bridge")
    host.machine.until("sh", "-c", "ip -br address show br9 | grep -q 192.0.2.1/24", seconds=20)
    assert re.search(r"bridged\s+active\s+yes", host.said_by("virsh net-list --all"))
    assert not re.search(r"default\s+active", host.said_by("virsh net-list --all"))
    assert re.search(r"default\s+active\s+yes", host.said_by("virsh pool-list --all"))
    assert "/srv/guests" in host.said_by("virsh pool-dumpxml default")


def test_kubernetes_node(host: Host) -> None:
    token = "abcdef.0123456789abcdef"
    host.twice(
        "kubernetes_node", repository="file:/srv/kubernetes", repository_suite="./", repository_key=host.key,
        control_plane_endpoint="k8s.example.net:6443", join_token=token, ca_cert_hash="sha256:" + "ab" * 32,
    )  # fmt: skip
    assert "SystemdCgroup = true" in host.said_by("cat /etc/containerd/config.toml")
    assert host.said_by("cat /etc/kubernetes/kubelet.conf") == "joined\n", "once, and not again"
    assert host.said_by("apt-mark showhold").split() == ["kubeadm", "kubectl", "kubelet"]
    assert host.machine.status("test", "-e", "/etc/kubernetes/gough-kubeadm.yaml") == 1
    assert token not in host.said
    assert host.said_by("cat /proc/sys/net/ipv4/ip_forward").strip() == "1"


def test_gough_runs_a_shipped_playbook_as_the_account_that_the_user_data_makes(host: Host) -> None:
    told = {"server_url": "http://127.0.0.1:9", "server_id": "m1", "enrolment_token": "token-of-m1"}
    host.play("gough_agent", {f"gough_agent_{name}": value for name, value in told.items()} | {
        "gough_agent_package": str(host.agent)
    })  # fmt: skip
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    script = access.script(AnsibleAccess("gough-ansible", public))
    for _ in range(2):  # it may run again
        host.machine.run("sh", "-c", script)
    play = Play(
        ROOT / "ansible/playbooks/base-server.yml", "web-1",
        {"ansible_host": "127.0.0.1", "ansible_port": host.machine.port(22), "ansible_user": "gough-ansible",
         "gough_template_variables": {"reboot_after_updates": True, "reboot_time": "04:15"}},
        ["template_base_server"], private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode(),
        host.folder / "known_hosts",
    )  # fmt: skip
    heard: list[TaskResult] = []
    runner = AnsibleRunner(ROOT / "ansible/collections")
    first = runner.play(play, heard.append, lambda: False)
    assert first.end is PlayEnd.CONVERGED, (first, heard)
    assert 'Automatic-Reboot-Time "04:15"' in host.said_by("apt-config dump")
    changed = first.recap["changed"]
    second = runner.play(play, heard.append, lambda: False)
    assert (second.end, second.recap["changed"]) == (PlayEnd.CONVERGED, 0), heard[changed:]
    assert host.said_by("passwd --status gough-ansible").split()[1] != "P", "it has no password"


def test_a_repository_that_nobody_signs_is_refused(host: Host) -> None:
    with pytest.raises(AssertionError, match="wants osquery_repository_key"):
        host.play("osquery", {"osquery_repository": "file:/srv/osquery", "osquery_fleet_url": "https://f.example",
                              "osquery_enroll_secret": "the secret of fleet"})  # fmt: skip
