"""The types a template variable can have, and how each reads what it is given.

A reader answers the value or raises ValueError, which says what was expected and never repeats the value.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

Scalar = str | int | bool

TEXT_LIMIT = 16 * 1024
SHORTEST_SECRET = 8  # what is shorter cannot be told from ordinary text when output is redacted
INT_LIMIT = 2**63


class VariableType(StrEnum):
    STRING = "string"
    INT = "int"
    BOOL = "bool"
    ENUM = "enum"
    LIST = "list"
    SECRET = "secret"  # noqa: S105
    SSH_KEY = "ssh-key"
    NETWORK = "network"  # an address or a network; `form` says which


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("expected text")
    if len(raw) > TEXT_LIMIT:
        raise ValueError(f"expected at most {TEXT_LIMIT} characters")
    # Neither a shell nor a UTF-8 file can hold these.
    if "\0" in raw or any("\ud800" <= character <= "\udfff" for character in raw):
        raise ValueError("expected text without NUL and without half characters")
    return raw


def _int(raw: object) -> int:
    if isinstance(raw, str) and re.fullmatch(r"0|-?[1-9][0-9]{0,18}", raw, re.ASCII):
        raw = int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool) or not -INT_LIMIT <= raw < INT_LIMIT:
        raise ValueError("expected a whole number")
    return raw


def _bool(raw: object) -> bool:
    if isinstance(raw, str) and raw in ("true", "false"):
        return raw == "true"
    if not isinstance(raw, bool):
        raise ValueError("expected true or false")
    return raw


def _secret(raw: object) -> str:
    text = _text(raw)
    if len(text) < SHORTEST_SECRET:
        raise ValueError(f"expected a secret of at least {SHORTEST_SECRET} characters")
    return text


_KEY_TYPE = r"(ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)"
_KEY = re.compile(_KEY_TYPE + r" ([A-Za-z0-9+/]+={0,2})(?: [^\n\r]*)?")


def _ssh_key(raw: object) -> str:
    text = _text(raw).strip()
    if "PRIVATE KEY" in text:
        raise ValueError("this is a private key; expected the public one (the .pub file)")
    match = _KEY.fullmatch(text)
    if match is None:
        raise ValueError("expected one OpenSSH public key, such as: ssh-ed25519 AAAA… name")
    name = match[1].encode()
    try:
        blob = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        raise ValueError("expected an OpenSSH public key; this one's base64 is damaged") from None
    # The key repeats its own type, so a cut or mixed-up line is found here and not at the first login.
    if not blob.startswith(len(name).to_bytes(4, "big") + name) or len(blob) < len(name) + 36:
        raise ValueError("expected an OpenSSH public key; this one is cut short or of another type than it says")
    return text


def _address(raw: object) -> str:
    try:
        return str(ipaddress.ip_address(_text(raw)))
    except ValueError:
        raise ValueError("expected an address, such as 10.0.0.7") from None


def _cidr(raw: object) -> str:
    text = _text(raw)
    try:
        if "/" in text:
            return str(ipaddress.ip_network(text))
    except ValueError as error:
        if str(error).endswith("has host bits set"):
            raise ValueError(
                "expected a network without host bits (10.0.0.0/24); this is an address with its network"
            ) from None
    raise ValueError("expected a network in CIDR form, such as 10.0.0.0/24")


def _interface(raw: object) -> str:
    text = _text(raw)
    try:
        if "/" in text and (made := ipaddress.ip_interface(text)).ip != made.network.network_address:
            return str(made)
    except ValueError:
        pass
    raise ValueError("expected an address with its network's prefix, such as 10.0.0.7/24")


def _network(raw: object) -> str:
    text = _text(raw)
    try:
        return str(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("expected an address or a network in CIDR form without host bits: 10.0.0.0/24") from None


FORMS: Mapping[str, Callable[[object], str]] = {"address": _address, "network": _cidr, "interface": _interface}
"""What a network may be narrowed to; without a form it is an address or a network."""


def lies_within(value: str, networks: Sequence[str]) -> bool:
    """Whether an address or a network, as a reader gave it, lies wholly within one of the networks."""
    inner = ipaddress.ip_network(value, strict=False)
    # subnet_of wants both of one family, which the comparison of versions has made sure of.
    return any(
        inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
        for outer in map(ipaddress.ip_network, networks)
    )


def size_of(kind: VariableType, value: Scalar) -> tuple[int, str] | None:
    """What a minimum and a maximum bound, and how that is called; None where there is nothing to measure."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value, ""
    if kind is VariableType.NETWORK:
        return ipaddress.ip_network(value, strict=False).prefixlen, "bits of prefix"
    return len(value), "characters"


READERS: Mapping[VariableType, Callable[[object], Scalar]] = {
    VariableType.STRING: _text,
    VariableType.INT: _int,
    VariableType.BOOL: _bool,
    VariableType.ENUM: _text,
    VariableType.SECRET: _secret,
    VariableType.SSH_KEY: _ssh_key,
    VariableType.NETWORK: _network,
}
