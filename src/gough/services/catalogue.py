"""What regions can deploy, and their networks: read through, and remembered for a minute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from gough.domain.errors import Refused, Unavailable
from gough.persistence.models import Region
from gough.ports import BootImage, Network, Provisioner
from gough.services import regions
from gough.services.context import Use

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Of(Generic[Thing]):
    """One thing, and the name of the region it is in."""

    region: str
    thing: Thing


def images(use: Use, region: str = "") -> list[Of[BootImage]]:
    """Of one region, or of all. Raises NotFound for its name, Unavailable or Refused naming the region."""
    return _each(use, region, "images", lambda maas: maas.images())


def networks(use: Use, region: str = "") -> list[Of[Network]]:
    """As `images`."""
    return _each(use, region, "networks", lambda maas: maas.networks())


def _each(use: Use, name: str, what: str, ask: Callable[[Provisioner], Sequence[Thing]]) -> list[Of[Thing]]:
    with use.database.read() as session:
        wanted = [regions.find(session, name)] if name else regions.listed(session)
    return [Of(region.name, thing) for region in wanted for thing in _read(use, region, what, ask)]


def _read(use: Use, region: Region, what: str, ask: Callable[[Provisioner], Sequence[Thing]]) -> Sequence[Thing]:
    key = (region.url, region.api_key_sealed, what)
    try:
        return use.recent.get(key, lambda: ask(use.provisioner(region)), use.timer)
    except Unavailable as error:
        hint = "`?region=` asks another one alone; `GET /api/v1/regions` says how each is."
        raise Unavailable(f"MAAS region {region.name}", str(error), hint=hint) from error
    except Refused as error:
        raise Refused(f"MAAS region {region.name}", str(error), hint=error.hint) from error
