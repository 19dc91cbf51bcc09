"""Who asks, where a proxy stands between: forwarded headers are believed from the proxies of the settings alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from werkzeug.http import parse_options_header

from gough.web.problem import Fault

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]
SCHEMES = ("http", "https")
# Nothing behind this may read them again: py4web and ombott would believe anybody.
FORGEABLE = (
    "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_SCRIPT_NAME", "HTTP_X_PY4WEB_APPNAME", "HTTP_X_HTTP_METHOD_OVERRIDE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What a proxy's headers say: whom each hop had before it, the nearest last, and the scheme, where it is said."""

    hops: tuple[str, ...]
    scheme: str


def settle(environ: dict[str, Any], trusted: Networks) -> None:
    """From here on REMOTE_ADDR and the scheme are the client's, and the headers that said so are gone.

    Raises Fault 400 where a trusted proxy's headers contradict each other or name nobody: better no answer than one
    to somebody else.
    """
    told_by = [name for name in environ if name in FORGEABLE or name.startswith("HTTP_X_FORWARDED_")]
    if not told_by:
        return
    old, new = _of_x_forwarded(environ), _of_forwarded(environ)
    for name in told_by:
        del environ[name]
    peer = _address(str(environ.get("REMOTE_ADDR") or ""))
    if peer is None or not _is_in(peer, trusted):
        return
    if old.hops and new.hops and [*map(_address, old.hops)] != [*map(_address, new.hops)]:
        raise _unclear("Forwarded and X-Forwarded-For differ")
    told = old if old.hops else new
    environ["REMOTE_ADDR"] = str(_client(told.hops, peer, trusted))
    environ["wsgi.url_scheme"] = told.scheme or old.scheme or environ.get("wsgi.url_scheme", "http")


def _client(hops: Sequence[str], peer: Address, trusted: Networks) -> Address:
    """The nearest that no proxy of ours is; what stands before it, anybody may have written."""
    for hop in reversed(hops):
        found = _address(hop)
        if found is None:
            raise _unclear("the forwarded headers do not name the client's address")
        peer = found
        if not _is_in(found, trusted):
            break
    return peer


def _of_x_forwarded(environ: dict[str, Any]) -> Told:
    hops = _parts(environ.get("HTTP_X_FORWARDED_FOR", ""))
    schemes = _parts(environ.get("HTTP_X_FORWARDED_PROTO", ""))
    return Told(tuple(hops), _scheme(schemes[-1]) if schemes else "")


def _of_forwarded(environ: dict[str, Any]) -> Told:
    """RFC 7239."""
    found = [parse_options_header(f"x;{each}")[1] for each in _parts(environ.get("HTTP_FORWARDED", ""))]
    scheme = _scheme(found[-1].get("proto", "")) if found else ""
    return Told(tuple(each.get("for", "") for each in found), scheme)


def _parts(header: object) -> list[str]:
    return [part.strip() for part in str(header).split(",") if part.strip()]


def _scheme(text: str) -> str:
    return text.lower() if text.lower() in SCHEMES else ""


def _address(text: str) -> Address | None:
    """Of `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`."""
    bare = text.strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)


def _unclear(what: str) -> Fault:
    hint = "The proxy must write one of X-Forwarded-For and Forwarded, and drop what clients send."
    return Fault(400, "MALFORMED", f"Who asks is not clear: {what}.", hint=hint)
