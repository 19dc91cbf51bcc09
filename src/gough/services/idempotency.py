"""The same request twice is done once: answers are kept under the caller's `Idempotency-Key` for a day.

Only what was done is kept. A request that failed changed nothing, or nobody knows; it may be sent again with its key.
"""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from gough.domain.errors import Conflict, Invalid, Problem
from gough.persistence.models import KeptAnswer
from gough.persistence.types import new_id
from gough.services.context import Use
from gough.services.secrets import hash_secret

KEPT_FOR = timedelta(hours=24)
RUNS_FOR = timedelta(minutes=5)  # longer than any request; who runs no longer has died
POINTER = "Idempotency-Key"


def claim(use: Use, caller: str, key: str, fingerprint: str) -> tuple[str, bytes | None]:
    """(the claim, the answer that was kept). Without an answer the request is to be run, then `keep` or `free` called.

    Raises Conflict while the same request runs, and Invalid when the key was used for another one.
    """
    mine = new_id("run")
    try:
        with use.database.write() as session:
            now = use.database.now(session)
            session.execute(delete(KeptAnswer).where(KeptAnswer.expires_at <= now))
            found = session.get(KeptAnswer, (caller, hash_secret(key)))
            if found is None:
                session.add(
                    KeptAnswer(
                        caller=caller, key_hash=hash_secret(key), fingerprint=fingerprint, claim=mine,
                        created_at=now, expires_at=now + RUNS_FOR,
                    )
                )  # fmt: skip
                return mine, None
            sealed = _require_same(found, fingerprint).answer_sealed
    except IntegrityError:
        raise _running() from None  # somebody was faster between our look and our insert
    if sealed is None:
        raise _running()
    return found.claim, use.sealer.open(sealed.encode())


def keep(use: Use, claimed: str, answer: bytes) -> None:
    """From now on, the answer to the same request."""
    sealed = use.sealer.seal(answer).decode()
    with use.database.write() as session:
        expires = use.database.now(session) + KEPT_FOR
        mine = update(KeptAnswer).where(KeptAnswer.claim == claimed)
        session.execute(mine.values(answer_sealed=sealed, expires_at=expires))


def free(use: Use, claimed: str) -> None:
    """The request failed: its key is free again."""
    with use.database.write() as session:
        session.execute(delete(KeptAnswer).where(KeptAnswer.claim == claimed))


def _require_same(found: KeptAnswer, fingerprint: str) -> KeptAnswer:
    if found.fingerprint != fingerprint:
        raise Invalid(
            "This Idempotency-Key was used for another request.", hint="Make a new key for each new request.",
            problems=[Problem(POINTER, "belongs to a request with another address or body")],
        )  # fmt: skip
    return found


def _running() -> Conflict:
    return Conflict("The same request is running.", hint="Wait a little, then send it again with the same key.")
