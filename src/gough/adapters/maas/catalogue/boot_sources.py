"""Boot sources: where a region gets its images, and which of them it takes. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, TypeAdapter

from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.dates import parse_date
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text

Date = Annotated[datetime, BeforeValidator(parse_date)]
EVERYTHING = ("*",)


@dataclass(frozen=True, slots=True)
class BootSource:
    id: int
    url: str
    created: Date
    updated: Date
    keyring_filename: Text = ""
    keyring_data: Text = ""


@dataclass(frozen=True, slots=True)
class Selection:
    id: int
    os: str
    release: str
    boot_source_id: int = 0
    arches: tuple[str, ...] = ()
    subarches: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


BOOT_SOURCE, BOOT_SOURCES = TypeAdapter(BootSource), TypeAdapter(list[BootSource])
SELECTION, SELECTIONS = TypeAdapter(Selection), TypeAdapter(list[Selection])


class Selections:
    """What is taken from one source."""

    def __init__(self, http: RegionHttp, source: int) -> None:
        self._http = http
        self._path = f"{_source(source)}selections/"

    def list(self) -> Sequence[Selection]:
        return self._http.get(self._path, SELECTIONS)

    def create(
        self,
        os: str,
        release: str,
        *,
        arches: Sequence[str] = EVERYTHING,
        subarches: Sequence[str] = EVERYTHING,
        labels: Sequence[str] = EVERYTHING,
    ) -> Selection:
        """Invalid when the source does not offer it."""
        fields = form(os=os, release=release, arches=arches, subarches=subarches, labels=labels)
        return self._http.post(self._path, SELECTION, {}, fields)

    def update(self, id: int, *, arches: Sequence[str], os: str, release: str) -> Selection:
        return self._http.put(self._one(id), SELECTION, form(os=os, release=release, arches=arches))

    def delete(self, id: int) -> None:
        self._http.delete(self._one(id))

    def _one(self, id: int) -> str:
        return f"{self._path}{part('selection', id)}/"


class BootSources:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def selections(self, source: int) -> Selections:
        return Selections(self._http, source)

    def list(self) -> Sequence[BootSource]:
        return self._http.get("boot-sources/", BOOT_SOURCES)

    def get(self, id: int) -> BootSource:
        return self._http.get(_source(id), BOOT_SOURCE)

    def create(self, url: str, *, keyring_filename: str) -> BootSource:
        """`keyring_filename` is a path on the region's host."""
        return self._http.post("boot-sources/", BOOT_SOURCE, {}, form(url=url, keyring_filename=keyring_filename))

    def update(self, id: int, *, url: str | None = None, keyring_filename: str | None = None) -> BootSource:
        return self._http.put(_source(id), BOOT_SOURCE, form(url=url, keyring_filename=keyring_filename))

    def delete(self, id: int) -> None:
        self._http.delete(_source(id))


def _source(id: int) -> str:
    return f"boot-sources/{part('boot source', id)}/"
