"""The authorization code flow with PKCE: where a browser is sent, and what its answer is worth."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from typing import Any
from urllib.parse import quote

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from gough.adapters.oidc import claims as claimed
from gough.adapters.oidc import tokens
from gough.adapters.oidc.documents import S256, Documents
from gough.adapters.oidc.http import ProviderHttp, plain
from gough.adapters.oidc.models import CLAIMS, TOKEN_ANSWER, Metadata, TokenAnswer
from gough.adapters.outbound import CheckedTransport
from gough.domain.errors import Denied, Refused, Unauthenticated, Unavailable
from gough.ports import SignedOn, SignOn

BEGIN_AGAIN = "Begin again from Gough's sign-in page."
UNKEPT = httpx.Limits(max_keepalive_connections=0)  # asked so seldom that a kept connection would be a dead one
PASSING = frozenset({"server_error", "temporarily_unavailable"})
BASIC, POST, NONE = "client_secret_basic", "client_secret_post", "none"


@dataclass(frozen=True, slots=True)
class Registration:
    """How Gough is known to the provider. `need_acr`, `need_amr`: one of these words must be in the token."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str
    groups_claim: str
    redirect_uri: str
    signed_out_uri: str
    need_acr: frozenset[str] = frozenset()
    need_amr: frozenset[str] = frozenset()


class OidcProvider:
    """`gough.ports.IdentityProvider` over HTTP. `loopback`: whether the provider may be on this computer."""

    def __init__(self, registration: Registration, *, loopback: bool) -> None:
        self._registration, self._name = registration, registration.name
        transport = CheckedTransport(httpx.HTTPTransport(limits=UNKEPT), loopback=loopback)
        self._http = ProviderHttp(self._name, transport, https_only=registration.issuer.startswith("https:"))
        self._documents = Documents(self._http, self._name, registration.issuer)

    def begin(self) -> SignOn:
        at = self._documents.metadata().authorization_endpoint
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        known = self._registration
        asked = {"acr_values": " ".join(sorted(known.need_acr))} if known.need_acr else {}
        url = prepare_grant_uri(
            at, client_id=known.client_id, response_type="code", redirect_uri=known.redirect_uri, scope=known.scopes,
            state=state, nonce=nonce, code_challenge=create_s256_code_challenge(verifier), code_challenge_method=S256,
            **asked,
        )  # fmt: skip
        return SignOn(str(url), state, nonce, verifier)

    def finish(self, begun: SignOn, answer: Mapping[str, str], *, now: datetime) -> SignedOn:
        if not compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise Unauthenticated("This is the answer to another sign-in than this browser's last.", hint=BEGIN_AGAIN)
        metadata = self._documents.metadata()
        self._require_from_here(metadata, answer)
        if "error" in answer:
            raise self._said_no(answer)
        given = self._exchanged(metadata, answer.get("code", ""), begun.verifier)
        claims = self._believed(given, begun.nonce, now)
        self._require_strength(claims)
        whole = self._with_groups(metadata, claims, given.access_token)
        groups = claimed.words(claimed.find(whole, self._registration.groups_claim))
        return SignedOn(self._registration.issuer, claims["sub"], claimed.name(whole), groups, given.id_token)

    def sign_out_url(self, id_token: str) -> str:
        at = self._documents.metadata().end_session_endpoint
        known = self._registration
        told = [("id_token_hint", id_token), ("client_id", known.client_id)]
        return str(add_params_to_uri(at, [*told, ("post_logout_redirect_uri", known.signed_out_uri)])) if at else ""

    def describe(self) -> str:
        ends = "signs out there too" if self._documents.metadata().end_session_endpoint else "no signing out there"
        return f"{self._registration.issuer}: {len(self._documents.keys(anew=True).keys)} keys, {ends}"

    def _require_from_here(self, metadata: Metadata, answer: Mapping[str, str]) -> None:
        """Raises Unauthenticated for another provider's answer. https://www.rfc-editor.org/rfc/rfc9207"""
        is_missing = metadata.authorization_response_iss_parameter_supported and "iss" not in answer
        if is_missing or answer.get("iss", metadata.issuer) != metadata.issuer:
            raise Unauthenticated("This answer is not from the provider that was asked.", hint=BEGIN_AGAIN)

    def _said_no(self, answer: Mapping[str, str]) -> Denied | Refused | Unavailable:
        word = plain(answer["error"])
        said = ": ".join(each for each in (word, plain(answer.get("error_description", ""))) if each)
        if word == "access_denied":
            return Denied(f"{self._name} did not let you in ({said}).", hint="Ask whoever runs it, or try again.")
        if word in PASSING:
            return Unavailable(self._name, said, hint="Try again in a while.")
        return Refused(self._name, said, hint="Gough's settings and its registration there must agree.")

    def _exchanged(self, metadata: Metadata, code: str, verifier: str) -> TokenAnswer:
        known = self._registration
        body = prepare_token_request(
            "authorization_code", redirect_uri=known.redirect_uri, code=code, code_verifier=verifier
        )
        methods = metadata.token_endpoint_auth_methods_supported
        method = (BASIC if BASIC in methods or POST not in methods else POST) if known.client_secret else NONE
        client_id, secret = known.client_id, known.client_secret
        if (
            method == BASIC
        ):  # both are encoded before they are joined: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
            client_id, secret = quote(client_id, safe=""), quote(secret, safe="")
        url, headers, body = ClientAuth(client_id, secret, method).prepare("POST", metadata.token_endpoint, {}, body)
        return self._http.post(url, TOKEN_ANSWER, body=body, headers=headers)

    def _believed(self, given: TokenAnswer, nonce: str, now: datetime) -> Mapping[str, Any]:
        """The token's claims. Raises Refused. A key that is not known is looked for once more: keys are changed."""
        known = self._registration
        try:
            try:
                head, claims = tokens.read(given.id_token, self._documents.keys())
            except tokens.UnknownKey:
                head, claims = tokens.read(given.id_token, self._documents.keys(anew=True))
            tokens.require_true(
                head, claims, issuer=known.issuer, client_id=known.client_id, nonce=nonce,
                access_token=given.access_token, now=now,
            )  # fmt: skip
        except tokens.Untrue as error:
            hint = f"{BEGIN_AGAIN} If it stays: are both clocks right, and is GOUGH_OIDC_CLIENT_ID Gough's?"
            raise Refused(self._name, f"its ID token is not to be believed: {error}.", hint=hint) from error
        return claims

    def _require_strength(self, claims: Mapping[str, Any]) -> None:
        for needed, claim in ((self._registration.need_acr, "acr"), (self._registration.need_amr, "amr")):
            said = claimed.words(claims.get(claim))
            if needed and not needed & said:
                told = plain(" ".join(sorted(said))) or "nothing"
                wanted = " or ".join(sorted(needed))
                raise Denied(
                    f"Gough wants a stronger sign-in at {self._name}: {claim} says {told}, not {wanted}.",
                    hint="Sign in there with your second factor, then try again.",
                )

    def _with_groups(self, metadata: Metadata, claims: Mapping[str, Any], access_token: str) -> Mapping[str, Any]:
        """The claims; with those of the provider's userinfo where the token itself does not speak of groups."""
        has_groups = claimed.find(claims, self._registration.groups_claim) is not None
        if has_groups or metadata.userinfo_endpoint is None or not access_token:
            return claims
        more = self._http.get(metadata.userinfo_endpoint, CLAIMS, bearer=access_token)
        if more.get("sub") != claims["sub"]:
            raise Refused(self._name, "its userinfo is about somebody else than its ID token.", hint=BEGIN_AGAIN)
        return {**more, **claims}
