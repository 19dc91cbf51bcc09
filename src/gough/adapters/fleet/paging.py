"""Fleet's pages: numbered from 0; one with fewer than asked for is the last."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from gough.adapters.fleet.http import Params

PER_PAGE = 500
MOST_PAGES = 2000  # a server that ignores `page` must not keep us for ever

Item = TypeVar("Item")


def all_pages(fetch: Callable[[Params], Sequence[Item]], params: Params, per_page: int = PER_PAGE) -> Iterator[Item]:
    for page in range(MOST_PAGES):
        items = fetch({**params, "page": page, "per_page": per_page})
        yield from items
        if len(items) < per_page:
            return
