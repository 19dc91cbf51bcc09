"""Sign the agent's packages, so that servers may be told to upgrade to them. Keep the key away from the server.

python agent/sign.py --new-key upgrade.key                    the public half goes to upgrade.key.pub
python agent/build.py --out DIR --upgrade-key upgrade.key.pub
python agent/sign.py --key upgrade.key DIR                    writes DIR/upgrades.json
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))
from gough_agent.offer import Offer  # the one place that says what is signed

PACKAGE = re.compile(r"gough-agent_([0-9.]+)_(amd64|arm64)\.deb")


def new_key(path: Path) -> None:
    """A private key, for its owner only, and the public one beside it. Raises FileExistsError."""
    key = Ed25519PrivateKey.generate()
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(key.private_bytes_raw()) + b"\n")
    path.with_name(f"{path.name}.pub").write_bytes(base64.b64encode(key.public_key().public_bytes_raw()) + b"\n")


def offers(key_file: Path, folder: Path) -> list[Offer]:
    """One for each package in `folder`, as `upgrade` takes it."""
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key_file.read_text()))
    found = []
    for path in sorted(folder.iterdir()):
        if named := PACKAGE.fullmatch(path.name):
            offer = Offer(named[1], named[2], hashlib.sha256(path.read_bytes()).hexdigest(), "")
            found.append(offer._replace(signature=base64.b64encode(key.sign(offer.manifest)).decode()))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new-key", type=Path, metavar="FILE", help="make a key")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the private key to sign with")
    parser.add_argument("folder", type=Path, nargs="?", help="where the packages are")
    options = parser.parse_args()
    if options.new_key:
        new_key(options.new_key)
    elif options.key and options.folder:
        told = [offer._asdict() for offer in offers(options.key, options.folder)]
        (options.folder / "upgrades.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    else:
        parser.print_usage(sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
