"""Over TLS, with an authority of the site's own: the client and osquery trust it, and nothing else."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.adapters.fleet import FleetClient
from gough.domain.errors import Invalid, Unavailable
from gough.domain.fleet_address import parse_address
from gough.domain.osquery_flags import osquery_flags
from gough.lab.fleet import Fleet, serve
from gough.lab.osquery import Machine, Osquery, Tables, read_flags
from tests.support.certificates import self_signed

SECRET = "a-secret-for-enrolling-hosts-0123"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str, str]]:
    """(its address, a token, the PEM of its authority)"""
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    fleet = Fleet(prefix="/fleet")
    fleet.add_secret(SECRET)
    server = serve(fleet, tls=context)
    yield server.url, fleet.set_up(), certificate.read_text("utf-8")
    server.close()


def test_the_client_trusts_the_authority_it_was_given(served: tuple[str, str, str]) -> None:
    url, token, ca = served
    client = FleetClient(url, token, ca=ca)
    assert client.version()
    client.close()


def test_without_it_the_server_is_not_believed(served: tuple[str, str, str]) -> None:
    url, token, _ = served
    client = FleetClient(url, token, sleep=lambda seconds: None)
    with pytest.raises(Unavailable, match="CERTIFICATE") as refused:
        client.version()
    assert "CA certificate" in refused.value.hint
    client.close()


def test_what_is_no_certificate_is_refused(served: tuple[str, str, str]) -> None:
    with pytest.raises(Invalid, match="PEM"):
        FleetClient(served[0], served[1], ca="-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n")


def test_osquery_enrols_with_the_flag_file_as_it_is(served: tuple[str, str, str], tmp_path: Path) -> None:
    url, token, ca = served
    secret, pem = tmp_path / "secret", tmp_path / "fleet.pem"
    secret.write_text(f"{SECRET}\n", "utf-8")
    pem.write_text(ca, "utf-8")
    text = osquery_flags(parse_address(url), own_ca=True, secret_file=str(secret), certificates=str(pem))
    tables = Tables(Machine("11111111-2222-4333-8444-555555555555", "web-1", "SN-1"))
    osquery = Osquery(read_flags(text), tables)
    osquery.step()
    client = FleetClient(url, token, ca=ca)
    assert client.host_by_identifier("web-1").status == "online"
    for each in (client, osquery, tables):
        each.close()
