"""Signing and checking audit checkpoints: Ed25519, with a key derived from SECRET_KEY.

The public key is in every checkpoint, so that others can check one that was kept elsewhere.
"""

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gough.persistence.models import AuditCheckpoint
from gough.services.context import Use

PURPOSE = "audit checkpoints"


def sign(use: Use, row: AuditCheckpoint) -> None:
    """Put the newest key's signature on it."""
    key = _private_keys(use)[0]
    row.public_key, row.signature = _public(key), key.sign(_statement(row)).hex()


def is_signed(use: Use, row: AuditCheckpoint) -> bool:
    """Whether a key of ours has signed exactly this."""
    if row.public_key not in {_public(key) for key in _private_keys(use)}:
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public_key))
        public.verify(bytes.fromhex(row.signature), _statement(row))
    except (InvalidSignature, ValueError):
        return False
    return True


def _private_keys(use: Use) -> list[Ed25519PrivateKey]:
    return [Ed25519PrivateKey.from_private_bytes(seed) for seed in use.sealer.derive(PURPOSE)]


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def _statement(row: AuditCheckpoint) -> bytes:
    said = {"position": row.position, "hash": row.hash, "at": row.at, "kind": row.kind}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
