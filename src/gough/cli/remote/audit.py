"""The audit log."""

from itertools import islice
from typing import Any

from gough.cli.remote.connecting import gough, plain


def newest(*, actor: str, action: str, target: str, limit: int) -> list[dict[str, Any]]:
    found = gough().audit.list(
        actor=actor or None, action=action or None, target=target or None, limit=min(limit, 200)
    )  # fmt: skip
    return [plain(each) for each in islice(found, limit)]
