"""What a provider's claims say of somebody. Names and groups are its words: of any type until looked at."""

from collections.abc import Mapping
from typing import Any

LONGEST_NAME = 60
NAMES = ("preferred_username", "email", "name")


def find(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that name, or else at the end of that dotted path (`realm_access.roles`); None where it is not."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def words(said: Any) -> frozenset[str]:
    """A list of words (groups, `amr`), or a single one (`acr`); whatever else is none."""
    listed = said if isinstance(said, list) else [said]
    return frozenset(each for each in listed if isinstance(each, str) and each)


def name(claims: Mapping[str, Any]) -> str:
    """What to call them: printable, without a slash, and not empty."""
    said = next((claims[each] for each in NAMES if isinstance(claims.get(each), str) and claims[each].strip()), "")
    kept = "".join(letter for letter in said if letter.isprintable() and letter != "/").strip()
    return kept[:LONGEST_NAME].strip() or "somebody"
