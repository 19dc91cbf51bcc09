"""Who asks, through proxies: what a trusted one says is believed, and nothing that a client wrote itself."""

from ipaddress import ip_network
from typing import Any

import pytest

from gough.web.problem import Fault
from gough.web.proxies import settle

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32"), ip_network("fd00::/8"))
FORWARDED = "for=198.51.100.7;proto=https, for=10.0.0.2"


def settled(peer: str, **headers: str) -> dict[str, Any]:
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http"}
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    settle(environ, TRUSTED)
    return environ


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("192.0.2.1", {"x_forwarded_for": "10.0.0.1"}, "192.0.2.1"),
        ("127.0.0.1", {}, "127.0.0.1"),
        ("127.0.0.1", {"x_forwarded_for": "198.51.100.7"}, "198.51.100.7"),
        ("127.0.0.1", {"x_forwarded_for": "10.9.9.9, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"),
        ("127.0.0.1", {"x_forwarded_for": "not an address, 198.51.100.7"}, "198.51.100.7"),
        ("127.0.0.1", {"x_forwarded_for": "198.51.100.7:4711"}, "198.51.100.7"),
        ("fd00::1", {"x_forwarded_for": "[2001:db8::7]:443"}, "2001:db8::7"),
        ("::ffff:127.0.0.1", {"x_forwarded_for": "::ffff:198.51.100.7"}, "198.51.100.7"),
        ("127.0.0.1", {"forwarded": FORWARDED}, "198.51.100.7"),
        ("127.0.0.1", {"forwarded": 'for="[2001:db8::7]:443"'}, "2001:db8::7"),
        ("127.0.0.1", {"forwarded": FORWARDED, "x_forwarded_for": "198.51.100.7, 10.0.0.2"}, "198.51.100.7"),
        ("127.0.0.1", {"x_real_ip": "198.51.100.7"}, "127.0.0.1"),
        ("", {"x_forwarded_for": "198.51.100.7"}, ""),
    ],
)
def test_whose_address_counts(peer: str, headers: dict[str, str], client: str) -> None:
    assert settled(peer, **headers)["REMOTE_ADDR"] == client


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_for": "unknown"},
        {"x_forwarded_for": "198.51.100.7, _hidden"},
        {"forwarded": "proto=https"},
        {"forwarded": "for=198.51.100.7", "x_forwarded_for": "198.51.100.8"},
    ],
)
def test_a_proxy_that_contradicts_itself_gets_no_answer(headers: dict[str, str]) -> None:
    with pytest.raises(Fault) as caught:
        settled("127.0.0.1", **headers)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("peer", "headers", "scheme"),
    [
        ("127.0.0.1", {"x_forwarded_proto": "https"}, "https"),
        ("127.0.0.1", {"x_forwarded_proto": "http, https"}, "https"),  # the nearest proxy's word is the last
        ("127.0.0.1", {"x_forwarded_proto": "gopher"}, "http"),
        ("127.0.0.1", {"forwarded": "for=198.51.100.7;proto=https"}, "https"),
        ("192.0.2.1", {"x_forwarded_proto": "https"}, "http"),
    ],
)
def test_https_is_what_a_trusted_proxy_says(peer: str, headers: dict[str, str], scheme: str) -> None:
    assert settled(peer, **headers)["wsgi.url_scheme"] == scheme


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1"])
def test_nothing_behind_reads_them_again(peer: str) -> None:
    left = settled(peer, x_forwarded_for="198.51.100.7", x_forwarded_host="evil.example", forwarded="for=198.51.100.7")
    assert not [name for name in left if "FORWARDED" in name]
