"""A Debian 12 in a folder, made by debootstrap: what a cloud image has, and the packages of the base template.

Its apt has no sources, so that nothing a first boot does needs a mirror: what is to be installed is there.
"""

import subprocess
from pathlib import Path

from gough.domain.errors import Unavailable

SUITE = "bookworm"
PACKAGES = (
    "linux-image-amd64", "initramfs-tools", "zstd", "busybox-static", "grub-pc-bin",
    "systemd-sysv", "systemd-timesyncd", "udev", "dbus", "kmod", "procps", "iproute2", "ifupdown", "isc-dhcp-client",
    "netbase", "e2fsprogs", "fdisk", "cloud-guest-utils", "cloud-init", "python3", "python3-cffi-backend",
    "openssh-server", "sudo", "ca-certificates", "lsb-release", "needrestart", "unattended-upgrades",
)  # fmt: skip
FILES = {
    "etc/fstab": "/dev/vda1 / ext4 errors=remount-ro 0 1\n",
    "etc/hostname": "unconfigured\n",
    "etc/apt/sources.list": "",
    "etc/cloud/cloud.cfg.d/10-lab.cfg": "apt: {preserve_sources_list: true}\nlocale: C.UTF-8\n",
    "etc/default/grub": "",
    "etc/initramfs-tools/conf.d/lab": "MODULES=list\nCOMPRESS=zstd\n",
    "etc/initramfs-tools/modules": "virtio_pci\nvirtio_blk\nvirtio_net\nvirtio_rng\next4\n",
    # Messages of systemd and of cloud-init go where the lab captures them.
    "boot/grub/grub.cfg": (
        "serial --unit=0 --speed=115200\nterminal_input serial\nterminal_output serial\nset timeout=0\n"
        "echo 'Booting Debian from disk ...'\n"
        "linux /vmlinuz root=/dev/vda1 ro quiet console=ttyS0 systemd.show_status=true mitigations=off\n"
        "initrd /initrd.img\nboot\n"
    ),
}
# Jobs that a machine of the lab has nothing to do for, and that take minutes of an emulated processor.
DISABLED = ("apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "fstrim.timer", "dpkg-db-backup.timer")
MASKED = ("systemd-networkd-wait-online.service", "e2scrub_reap.service")


def make(root: Path) -> None:
    """Raises Unavailable when Debian's archive is not reached, or a step fails."""
    if not (root / "etc/debian_version").exists():
        run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root))
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "etc/machine-id").write_text("")
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    inside(root, "systemctl", "disable", *DISABLED)
    inside(root, "systemctl", "mask", *MASKED)
    inside(root, "update-initramfs", "-u", "-k", "all")
    for waste in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        run("find", str(root / waste), "-type", "f", "-delete")


def inside(root: Path, *command: str) -> None:
    run("chroot", str(root), "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", *command)


def run(*command: str) -> str:
    """What it says. Raises Unavailable with the end of that when it fails, or is not installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**ENVIRONMENT})
    except FileNotFoundError as error:
        raise Unavailable("lab", f"{command[0]} is not installed") from error
    if done.returncode != 0:
        raise Unavailable("lab", f"{command[0]} failed: {(done.stdout + done.stderr).strip()[-600:]}")
    return done.stdout


ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
