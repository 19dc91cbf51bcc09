"""The key pair with which Gough's Ansible gets onto machines: made once, its private half encrypted."""

from contextlib import nullcontext

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Misconfigured
from gough.persistence.models import SshKey
from gough.services.context import Use

ANSIBLE = "ansible"
COMMENT = "gough-ansible"


def prepare(use: Use) -> None:
    """Make it where there is none. Safe to repeat, and for several processes at once."""
    with use.database.write() as session:
        if session.scalar(select(SshKey.name).where(SshKey.name == ANSIBLE)) is None:
            private = Ed25519PrivateKey.generate()
            sealed = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
            public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
            now = use.database.now(session)
            made = SshKey(
                name=ANSIBLE,
                public=f"{public} {COMMENT}",
                private_sealed=use.sealer.seal_text(sealed.decode()),
                made_at=now,
            )
            session.add(made)


def public_key(use: Use, session: Session | None = None) -> str:
    """One line, as authorized_keys has it; empty where Ansible is switched off or nothing was prepared.

    `session`: the one that is open, where one is.
    """
    if not use.settings.ansible:
        return ""
    with nullcontext(session) if session is not None else use.database.read() as opened:
        return opened.scalar(select(SshKey.public).where(SshKey.name == ANSIBLE)) or ""


def private_key(use: Use, session: Session) -> str:
    """In OpenSSH's form. Raises Misconfigured where there is none, or when SECRET_KEY is another."""
    sealed = session.scalar(select(SshKey.private_sealed).where(SshKey.name == ANSIBLE))
    if sealed is None:
        raise Misconfigured(
            "Gough has no key for Ansible.", hint="Start the server with GOUGH_ANSIBLE=true: it makes one."
        )
    return use.sealer.open_text(sealed)
