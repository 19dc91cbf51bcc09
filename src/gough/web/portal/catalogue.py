"""What regions can deploy, and their networks. A region that does not answer is named above what the others have."""

from collections.abc import Callable
from typing import TypeVar

from gough.domain.errors import Refused, Unavailable
from gough.domain.permissions import Permission
from gough.ports import Network, NetworkSubnet
from gough.services import catalogue, regions
from gough.services.catalogue import Of
from gough.services.context import Use
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.page import page
from gough.web.portal.tables import as_file, is_file
from gough.web.problem import Trouble, trouble_of

Thing = TypeVar("Thing")


@operation("GET /images", permission=Permission.VIEW, summary="What can be deployed in which region.", is_page=True)
def images(request: Request) -> Answer:
    found, troubles = _asked(request, catalogue.images)
    if is_file(request):
        return as_file("images", columns.IMAGES, found)
    return page(request, "images.html", found=found, troubles=troubles)


@operation("GET /networks", permission=Permission.VIEW, summary="VLANs, subnets and ranges.", is_page=True)
def networks(request: Request) -> Answer:
    found, troubles = _asked(request, catalogue.networks)
    if is_file(request):
        return as_file("networks", columns.NETWORKS, _subnets(found))
    return page(request, "networks.html", found=found, troubles=troubles)


def _asked(request: Request, read: Callable[[Use, str], list[Of[Thing]]]) -> tuple[list[Of[Thing]], list[Trouble]]:
    with request.use.database.read() as session:
        names = [region.name for region in regions.listed(session)]
    found: list[Of[Thing]] = []
    troubles: list[Trouble] = []
    for name in names:
        try:
            found += read(request.use, name)
        except (Unavailable, Refused) as error:
            troubles.append(trouble_of(error))
    return found, troubles


def _subnets(found: list[Of[Network]]) -> list[tuple[Of[Network], NetworkSubnet | None]]:
    return [(each, subnet) for each in found for subnet in each.thing.subnets or (None,)]
