"""DNS domains. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import part
from gough.adapters.maas.http import RegionHttp


@dataclass(frozen=True, slots=True)
class Domain:
    """`ttl` is in seconds; None is the region's default."""

    id: int
    name: str
    authoritative: bool = True
    is_default: bool = False
    ttl: int | None = None
    resource_record_count: int = 0


DOMAIN, DOMAINS = TypeAdapter(Domain), TypeAdapter(list[Domain])


class Domains:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def list(self) -> Sequence[Domain]:
        return self._http.get("domains/", DOMAINS)

    def get(self, id: int) -> Domain:
        return self._http.get(f"domains/{part('domain', id)}/", DOMAIN)
