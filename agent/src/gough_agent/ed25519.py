"""Whether an Ed25519 signature is good: RFC 8032, section 5.1.7, as its appendix A writes it.

Verifying touches no secret, so plain integers are safe; one signature an upgrade takes milliseconds. The standard
library has no Ed25519, the `cryptography` package is four times this agent, and the openssl program isn't everywhere.
"""

import hashlib
from typing import NamedTuple

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    """Extended homogeneous coordinates: x = X/Z, y = Y/Z, xy = T/Z."""

    X: int
    Y: int
    Z: int
    T: int


def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """False for whatever isn't a signature of `message` by the key's owner, however malformed."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, commitment, s = _point(public_key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or s >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    return _equal(_times(s, BASE), _plus(commitment, _times(challenge, key)))


def _plus(p: Point, q: Point) -> Point:
    a, b = (p.Y - p.X) * (q.Y - q.X) % P, (p.Y + p.X) * (q.Y + q.X) % P
    c, d = 2 * p.T * q.T * D % P, 2 * p.Z * q.Z % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def _times(scalar: int, point: Point) -> Point:
    total = Point(0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _plus(total, point)
        point, scalar = _plus(point, point), scalar >> 1
    return total


def _equal(p: Point, q: Point) -> bool:
    return (p.X * q.Z - q.X * p.Z) % P == 0 and (p.Y * q.Z - q.Y * p.Z) % P == 0


def _point(encoded: bytes) -> Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = _x(y, sign)
    return None if x is None else Point(x, y, 1, x * y % P)


def _x(y: int, sign: int) -> int | None:
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return x if x & 1 == sign else P - x


_BASE_Y = 4 * pow(5, -1, P) % P
_BASE_X = _x(_BASE_Y, 0) or 0
BASE = Point(_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)
