"""Resource pools: `resourcepools/` for all of them, `resourcepool/{id}/` for one. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text


@dataclass(frozen=True, slots=True)
class Pool:
    """The default one has id 0 and stays."""

    id: int
    name: str
    description: Text = ""


POOL, POOLS = TypeAdapter(Pool), TypeAdapter(list[Pool])


class Pools:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def __call__(self) -> frozenset[str]:
        """Their names, as `Provisioner.pools` promises."""
        return frozenset(pool.name for pool in self.list())

    def list(self) -> Sequence[Pool]:
        return self._http.get("resourcepools/", POOLS)

    def get(self, id: int) -> Pool:
        return self._http.get(_pool(id), POOL)

    def create(self, name: str, *, description: str = "") -> Pool:
        return self._http.post("resourcepools/", POOL, {}, form(name=name, description=description))

    def update(self, id: int, *, name: str | None = None, description: str | None = None) -> Pool:
        return self._http.put(_pool(id), POOL, form(name=name, description=description))

    def delete(self, id: int) -> None:
        """Invalid for the default pool and for one with machines in it."""
        self._http.delete(_pool(id))


def _pool(id: int) -> str:
    return f"resourcepool/{part('resource pool', id)}/"
