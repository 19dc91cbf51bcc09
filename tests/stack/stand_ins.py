"""A signed flat apt repository of stand-ins: packages that Debian does not have, as far as a role deals with them.

Each says what it is, in its description and by its version. The real packages are not run by these tests.
"""

import hashlib
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

NOTE = "A stand-in of Gough's tests; this is not {}"
VERSION = "0.0.0+stand-in"
UNIT = """[Unit]
Description=Stand-in
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target
"""
# Joins as the real one does, as far as its file is concerned: it wants a token, and leaves the node's own settings.
KUBEADM = """#!/bin/sh
set -e
[ "$1 $2" = "join --config" ] && grep -q 'token: "' "$3"
install -d /etc/kubernetes
echo joined >> /etc/kubernetes/kubelet.conf
"""


@dataclass(frozen=True)
class Package:
    """`files`: {path: (text, mode)}"""

    name: str
    files: dict[str, tuple[str, int]] = field(default_factory=dict)


PACKAGES = (
    Package("osquery", {"usr/lib/systemd/system/osqueryd.service": (UNIT, 0o644)}),
    Package("kubelet", {"usr/lib/systemd/system/kubelet.service": (UNIT, 0o644)}),
    Package("kubeadm", {"usr/bin/kubeadm": (KUBEADM, 0o755)}),
    Package("kubectl", {"usr/bin/kubectl": ("#!/bin/sh\n", 0o755)}),
)


def make(folder: Path, work: Path) -> str:
    """The repository, in `folder`; the key that signs it, armoured."""
    folder.mkdir()
    for package in PACKAGES:
        _build(package, folder, work)
    index = _run("dpkg-scanpackages", "--multiversion", ".", cwd=folder)
    (folder / "Packages").write_text(index)
    digest = hashlib.sha256(index.encode()).hexdigest()
    release = (
        f"Origin: Gough tests\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n {digest} {len(index.encode())} Packages\n"
    )
    (folder / "Release").write_text(release)
    home = work / "gpg"
    home.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback")
    _run(*gpg, "--quick-generate-key", "Stand-ins <tests@gough.example>", "rsa2048", "sign", "never")
    _run(*gpg, "--clearsign", "--output", str(folder / "InRelease"), str(folder / "Release"))
    key = _run(*gpg, "--armor", "--export")
    _run("gpgconf", "--homedir", str(home), "--kill", "all")
    return key


def _build(package: Package, folder: Path, work: Path) -> None:
    tree = work / package.name
    for name, (text, mode) in package.files.items():
        path = tree / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(mode)
    (tree / "DEBIAN").mkdir()
    control = (
        f"Package: {package.name}\nVersion: {VERSION}\nArchitecture: all\n"
        f"Maintainer: Gough tests <tests@gough.example>\n"
        f"Description: {NOTE.format(package.name)}\n"
    )
    (tree / "DEBIAN/control").write_text(control)
    _run("dpkg-deb", "--root-owner-group", "--build", str(tree), str(folder))


def _run(*command: str, cwd: Path | None = None) -> str:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout
