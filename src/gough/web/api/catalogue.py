"""What regions can deploy, and their networks, as MAAS has them."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from gough.domain.errors import Conflict, NotFound, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.services import catalogue
from gough.services.catalogue import Of
from gough.services.keyset import cut
from gough.web.api.answers.catalogue import ImagePage, NetworkPage
from gough.web.api.paging import ListQuery, as_page
from gough.web.message import Answer, Request
from gough.web.operation import operation

ASKING = (NotFound, Conflict, Refused, Unavailable)


class CatalogueQuery(ListQuery):
    sort: Literal["region", "-region"] = "region"
    region: str = Field("", max_length=80, description="Only of this one; a region that is down fails the whole list.")


@operation(
    "GET /api/v1/images", permission=Permission.VIEW, query=CatalogueQuery, gives={200: ImagePage}, raises=ASKING,
    summary="What can be deployed in which region; up to a minute old.",
)  # fmt: skip
def images(request: Request, query: CatalogueQuery) -> Answer:
    after = query.after(str, str, str)  # before a region is asked
    found, key = cut(
        catalogue.images(request.use, query.region), lambda of: (of.region, of.thing.name, of.thing.architecture),
        after=after, limit=query.limit, descends=query.descends,
    )  # fmt: skip
    return as_page([_shape(each) for each in found], ImagePage, query, key)


@operation(
    "GET /api/v1/networks", permission=Permission.VIEW, query=CatalogueQuery, gives={200: NetworkPage}, raises=ASKING,
    summary="The VLANs of the regions with their subnets and address ranges; up to a minute old.",
)  # fmt: skip
def networks(request: Request, query: CatalogueQuery) -> Answer:
    after = query.after(str, int)
    found, key = cut(
        catalogue.networks(request.use, query.region), lambda of: (of.region, of.thing.id),
        after=after, limit=query.limit, descends=query.descends,
    )  # fmt: skip
    return as_page([_shape(each) for each in found], NetworkPage, query, key)


def _shape(of: Of[Any]) -> dict[str, Any]:
    return {"region": of.region, **asdict(of.thing)}
