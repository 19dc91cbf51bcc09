"""What a provider's documents hold, as far as Gough reads them."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

Url = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[\x21-\x7e]+$")]


class Metadata(BaseModel):
    """https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata"""

    issuer: str
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    userinfo_endpoint: Url | None = None
    end_session_endpoint: Url | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    code_challenge_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


class TokenAnswer(BaseModel):
    id_token: str = Field(repr=False, max_length=100_000)
    access_token: str = Field("", repr=False, max_length=100_000)


class KeyDocument(BaseModel):
    """Keys that Gough does not understand are left out later; one odd key must not spoil the others."""

    keys: list[dict[str, Any]] = Field(max_length=200)


METADATA = TypeAdapter(Metadata)
TOKEN_ANSWER = TypeAdapter(TokenAnswer)
KEY_DOCUMENT = TypeAdapter(KeyDocument)
CLAIMS: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
