"""Signed upgrades: what is believed, fetched and handed over, and that root believes nothing but the key."""

import base64
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gough_agent import offer
from gough_agent.ed25519 import ORDER, is_signed
from gough_agent.errors import CommandFailed, Unreachable
from gough_agent.transport import Transport
from gough_agent.upgrade import prepare
from gough_agent.upgrade_install import install

Sign = Callable[..., dict[str, str]]
PACKAGE = b"a package" * 1000
HERE = offer.ARCHITECTURES.get(os.uname().machine, "")
FOREIGN = "arm64" if HERE == "amd64" else "amd64"
pytestmark = pytest.mark.skipif(not HERE, reason="there is no agent for this architecture")

# RFC 8032, section 7.1: tests 1 to 3.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_rfcs_signatures_are_good_and_any_other_bit_is_not(key: str, message: str, signature: str) -> None:
    public, text, signed = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert is_signed(public, text, signed)
    for position in range(0, 512, 37):
        wrong = bytearray(signed)
        wrong[position // 8] ^= 1 << position % 8
        assert not is_signed(public, text, bytes(wrong))
    assert not is_signed(public, text + b"!", signed)
    assert not is_signed(
        public, text, signed[:32] + (int.from_bytes(signed[32:], "little") + ORDER).to_bytes(32, "little")
    )


def test_signatures_of_another_implementation_are_good() -> None:
    for number in range(10):
        key, message = Ed25519PrivateKey.generate(), b"x" * number
        assert is_signed(key.public_key().public_bytes_raw(), message, key.sign(message))


@pytest.mark.parametrize(
    ("key", "signature"), [(b"", b""), (b"\xff" * 32, b"\x00" * 64), (b"\x02" + b"\0" * 31, b"\0" * 64)]
)
def test_what_is_malformed_is_not_signed(key: bytes, signature: bytes) -> None:
    assert not is_signed(key, b"", signature)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "upgrade.pub"


@pytest.fixture
def sign(key_file: Path) -> Sign:
    """sign(**changes): an offer, good unless changed; the changes are signed too, but for the signature."""
    key = Ed25519PrivateKey.generate()
    key_file.write_bytes(base64.b64encode(key.public_key().public_bytes_raw()) + b"\n")

    def go(**changes: str) -> dict[str, str]:
        told = {"version": "99.0.1", "architecture": HERE, "sha256": hashlib.sha256(PACKAGE).hexdigest(), **changes}
        wanted = offer.Offer(told["version"], told["architecture"], told["sha256"], "")
        signature = changes.get("signature") or base64.b64encode(key.sign(wanted.manifest)).decode()
        return {**told, "signature": signature}

    return go


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"signature": base64.b64encode(b"x" * 64).decode()}, "not of the key"),
        ({"signature": "none"}, "not of the key"),
        ({"version": "0.0.1"}, "not newer"),
        ({"version": "../../x"}, "no version"),
        ({"sha256": "short"}, "no version and checksum"),
        ({"architecture": FOREIGN}, "the package is for"),
    ],
)
def test_what_is_wrong_with_an_offer_is_said(sign: Sign, key_file: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(CommandFailed, match=said):
        offer.checked(sign(**changes), key_file)


def test_without_a_pinned_key_nothing_is_believed(sign: Sign, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no key is pinned"):
        offer.checked(sign(), tmp_path / "nowhere")


def test_a_good_offer_is_fetched_and_handed_over_and_installed(
    gough: Any, sign: Sign, key_file: Path, tmp_path: Path
) -> None:
    told, folder = sign(), tmp_path / "upgrade"
    name = f"gough-agent_99.0.1_{HERE}.deb"
    gough.server.files[f"/agent/{name}"] = PACKAGE
    assert "99.0.1" in prepare(told, folder, Transport(gough.url), key_file)
    copy = tmp_path / "installed"
    assert install(folder, key_file, ("/bin/sh", "-c", f'cp "$0" {copy}')) == "installed version 99.0.1"
    assert copy.read_bytes() == PACKAGE
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("served", [None, b"another", PACKAGE * 4000])
def test_another_package_is_never_handed_over(
    gough: Any, sign: Sign, key_file: Path, tmp_path: Path, served: bytes | None
) -> None:
    if served is not None:
        gough.server.files[f"/agent/gough-agent_99.0.1_{HERE}.deb"] = served
    with pytest.raises((CommandFailed, Unreachable), match=r"no package|not the signed one|longer than"):
        prepare(sign(), tmp_path / "upgrade", Transport(gough.url), key_file)
    assert not (tmp_path / "upgrade" / "request.json").exists()


def _as_link(folder: Path, name: str) -> None:
    (folder / name).rename(folder / "else")
    (folder / name).symlink_to("else")


SPOILS: dict[str, Callable[[Path, str], object]] = {
    "other bytes": lambda folder, name: (folder / name).write_bytes(b"another"),
    "a link": _as_link,
    "no package": lambda folder, name: (folder / name).unlink(),
    "no request": lambda folder, name: (folder / "request.json").write_text("[]"),
    "a pipe": lambda folder, name: ((folder / name).unlink(), os.mkfifo(folder / name)),
    "a huge request": lambda folder, name: (folder / "request.json").write_text(json.dumps("x" * 5000)),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_root_installs_nothing_that_was_changed_since(sign: Sign, key_file: Path, tmp_path: Path, spoil: str) -> None:
    folder, name = tmp_path / "upgrade", f"gough-agent_99.0.1_{HERE}.deb"
    folder.mkdir()
    (folder / name).write_bytes(PACKAGE)
    (folder / "request.json").write_text(json.dumps(sign()))
    SPOILS[spoil](folder, name)
    with pytest.raises(CommandFailed):
        install(folder, key_file, (sys.executable, "-c", f"open('{tmp_path}/installed', 'w')"))
    assert not (tmp_path / "installed").exists()
    assert not (folder / "request.json").exists()
