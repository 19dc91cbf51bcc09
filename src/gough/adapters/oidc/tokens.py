"""Whether an ID token is the provider's word, meant for Gough, about this very sign-in.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from joserfc.jws import JWSRegistry

# Signed with a key that only the provider has: neither `none` nor HS256, whatever a token's head or the provider says.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY = timedelta(seconds=60)
OLDEST = timedelta(minutes=10)
_REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)  # heads may say more than we read


class Untrue(Exception):
    """The token is not to be believed; says why."""


class UnknownKey(Untrue):
    """Signed with a key that is not among the known ones: they may have been changed."""


def key_set(documents: Sequence[Mapping[str, Any]]) -> KeySet:
    """The keys that can be understood."""
    return KeySet([key for document in documents if (key := _key(document)) is not None])


def read(id_token: str, keys: KeySet) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """(head, claims) of a token that one of `keys` has signed. Raises UnknownKey or Untrue."""
    try:
        token = jwt.decode(id_token, keys, registry=_REGISTRY)
    except InvalidKeyIdError as error:
        raise UnknownKey(str(error)) from error
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise Untrue(str(error)) from error
    return token.header, token.claims


def require_true(
    head: Mapping[str, Any], claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, access_token: str,
    now: datetime,
) -> None:  # fmt: skip
    """Raises Untrue."""
    moment = int(now.timestamp())
    wanted = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
    beside = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
    try:
        CodeIDToken(dict(claims), dict(head), wanted, beside).validate(moment, int(LEEWAY.total_seconds()))
    except (JoseError, ValueError, TypeError) as error:
        raise Untrue(str(error)) from error
    if claims["iat"] < moment - int((OLDEST + LEEWAY).total_seconds()):
        raise Untrue("it was issued too long ago")
    if not claims["sub"] or len(claims["sub"]) > 255:
        raise Untrue("its subject is empty or too long")


def _key(document: Mapping[str, Any]) -> Key | None:
    if document.get("use", "sig") != "sig" or document.get("kty") not in ("RSA", "EC"):
        return None
    try:
        return JWKRegistry.import_key(dict(document))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
