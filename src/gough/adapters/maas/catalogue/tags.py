"""Tags. https://maas.io/docs/api#tag"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text


@dataclass(frozen=True, slots=True)
class Tag:
    """With a `definition` (XPath over lshw's output) MAAS gives it to machines by itself."""

    name: str
    definition: Text = ""
    comment: Text = ""
    kernel_opts: Text = ""


@dataclass(frozen=True, slots=True)
class TagChange:
    """How many of the named machines exist, whether or not they had the tag before."""

    added: int
    removed: int


TAG, TAGS = TypeAdapter(Tag), TypeAdapter(list[Tag])
TAG_CHANGE = TypeAdapter(TagChange)


class Tags:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def list(self) -> Sequence[Tag]:
        return self._http.get("tags/", TAGS)

    def get(self, name: str) -> Tag:
        return self._http.get(_tag(name), TAG)

    def create(self, name: str, *, comment: str = "", definition: str = "", kernel_opts: str = "") -> Tag:
        """Invalid when there is one already."""
        fields = form(name=name, comment=comment, definition=definition, kernel_opts=kernel_opts)
        return self._http.post("tags/", TAG, {}, fields)

    def update(
        self,
        name: str,
        *,
        new_name: str | None = None,
        comment: str | None = None,
        definition: str | None = None,
        kernel_opts: str | None = None,
    ) -> Tag:
        fields = form(name=new_name, comment=comment, definition=definition, kernel_opts=kernel_opts)
        return self._http.put(_tag(name), TAG, fields)

    def delete(self, name: str) -> None:
        """Machines lose it."""
        self._http.delete(_tag(name))

    def update_nodes(self, name: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> TagChange:
        """Machines by system_id; unknown ones are passed over."""
        fields = form(add=add, remove=remove)
        return self._http.post(_tag(name), TAG_CHANGE, {"op": "update_nodes"}, fields)


def _tag(name: str) -> str:
    return f"tags/{part('tag', name)}/"
