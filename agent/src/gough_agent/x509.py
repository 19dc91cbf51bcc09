"""As much of X.509 as tells when a certificate expires: RFC 5280, section 4.1, in DER."""

import binascii
import re
from datetime import datetime, timezone

PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
SEQUENCE, VERSION, UTC_TIME, GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
BEFORE_VALIDITY = 3  # serialNumber, signature, issuer


def not_after(content: bytes) -> float:
    """Unix time, of the first certificate in a PEM file, or of a DER one. Raises ValueError."""
    armoured = PEM.search(content)
    try:
        der = binascii.a2b_base64(armoured[1]) if armoured else content
        return _not_after(der)
    except IndexError as error:
        raise ValueError("the certificate is cut short") from error


def _not_after(der: bytes) -> float:
    at, _ = _enter(der, 0, SEQUENCE)  # Certificate
    at, _ = _enter(der, at, SEQUENCE)  # TBSCertificate
    if der[at] == VERSION:
        at = _enter(der, at, VERSION)[1]
    for _ in range(BEFORE_VALIDITY):
        at = _enter(der, at, der[at])[1]
    at, _ = _enter(der, at, SEQUENCE)  # Validity
    at = _enter(der, at, der[at])[1]  # notBefore
    start, end = _enter(der, at, der[at])
    return _unix_time(der[at], der[start:end].decode("ascii"))


def _enter(der: bytes, at: int, tag: int) -> tuple[int, int]:
    """(where the value at `at` starts, where it ends)"""
    if der[at] != tag:
        raise ValueError("this is no certificate")
    length, start = der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(der[start : start + size], "big"), start + size
    return start, start + length


def _unix_time(tag: int, text: str) -> float:
    if tag == UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != GENERALIZED_TIME:
        raise ValueError("this is no certificate")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
