"""Where requests may go: to no address that only this computer, or its cloud, answers at.

A name is looked up once and the connection is made to the very address that was checked, so that a second answer of
the name server cannot lead elsewhere. The certificate is checked against the name all the same.
"""

import socket
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

METADATA = (ip_network("100.100.100.200/32"), ip_network("fd00:ec2::/32"), ip_network("192.0.0.192/32"))
Address = IPv4Address | IPv6Address


class Forbidden(httpx.TransportError):
    """The name leads to an address that requests may not go to."""


class CheckedTransport(httpx.BaseTransport):
    """`loopback`: whether this computer itself may be asked. A proxy that the environment names is not used."""

    def __init__(self, inner: httpx.BaseTransport, *, loopback: bool) -> None:
        self._inner, self._loopback = inner, loopback

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        *others, last = addresses_of(request.url, loopback=self._loopback)
        for address in others:
            try:
                return self._inner.handle_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._inner.handle_request(_pinned(request, last))

    def close(self) -> None:
        self._inner.close()


def addresses_of(url: httpx.URL, *, loopback: bool) -> Sequence[Address]:
    """Those of the URL's host; never none. Raises Forbidden, and httpx.ConnectError for a name that nobody knows."""
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{url.host} is not a known name: {error}") from error
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    for address in addresses:
        if is_forbidden(address, loopback=loopback):
            raise Forbidden(f"it leads to {address}, which Gough does not ask")
    return list(dict.fromkeys(addresses))


def connected(url: httpx.URL, *, loopback: bool, within: float) -> socket.socket:
    """A connection to the URL's host, for what is no HTTP request. Raises as `addresses_of` does, and OSError."""
    *others, last = addresses_of(url, loopback=loopback)
    port = url.port or (443 if url.scheme in ("https", "wss") else 80)
    for address in others:
        with suppress(OSError):
            return socket.create_connection((str(address), port), timeout=within)
    return socket.create_connection((str(last), port), timeout=within)


def is_forbidden(address: Address, *, loopback: bool) -> bool:
    """Private networks are fine: that is where one's own regions and providers stand."""
    plain = (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
    if plain.is_loopback:
        return not loopback
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified:
        return True
    return any(plain in network for network in METADATA if network.version == plain.version)


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    """The same request, to that address; its Host header and the name in its certificate stay."""
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    url = request.url.copy_with(host=str(address))
    return httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)
