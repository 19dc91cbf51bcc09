"""Answers of a region that are neither a flood nor a drip: the body is cut off while it is read."""

from collections.abc import Callable, Iterator

import httpx

from gough.adapters.maas.errors import SYSTEM
from gough.domain.errors import Refused, Unavailable

LARGEST = 256 * 1024 * 1024  # bytes; a machine is 43 KB, so that is more than 5,000 of them in one answer
LONGEST_SECONDS = 300.0  # for a whole answer, however steadily it drips; such a list takes MAAS 0.04 s a machine
PLAIN = "identity"  # a packed answer could be small until it is unpacked


class Endless(Unavailable):
    """It took so long that another try at once would help nobody."""


class CappedTransport(httpx.BaseTransport):
    """Sends through another transport. Reading raises Refused or Endless; `timer` gives seconds that only grow."""

    def __init__(self, inner: httpx.BaseTransport, timer: Callable[[], float]) -> None:
        self._inner, self._timer = inner, timer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = PLAIN
        began, response = self._timer(), self._inner.handle_request(request)
        if response.headers.get("Content-Encoding", PLAIN) != PLAIN:
            response.close()
            hint = "Look for a proxy between Gough and MAAS that packs answers although Gough asks for plain ones."
            raise Refused(SYSTEM, "its answer is packed.", hint=hint)
        assert isinstance(response.stream, httpx.SyncByteStream)
        capped = _Capped(response.stream, lambda: self._timer() - began)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=capped, extensions=response.extensions
        )

    def close(self) -> None:
        self._inner.close()


class _Capped(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, waited: Callable[[], float]) -> None:
        self._inner, self._waited = inner, waited

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._inner:
            size += len(piece)
            if size > LARGEST:
                hint = "Ask for fewer machines at a time, and check that MAAS_URL points at a MAAS region."
                raise Refused(SYSTEM, f"it answers with more than {LARGEST // 1024**2} MiB.", hint=hint)
            if self._waited() > LONGEST_SECONDS:
                hint = "Look at the region's load and at the network; Gough asks again at its next poll."
                raise Endless(SYSTEM, f"it takes longer than {LONGEST_SECONDS:g} s to answer.", hint=hint)
            yield piece

    def close(self) -> None:
        self._inner.close()
