"""Reading pages and sending forms, as a browser does without scripts."""

import re
from collections.abc import Sequence
from html import unescape

import httpx

from tests.integration.web.conftest import Client


def send(client: Client, path: str, **fields: str | Sequence[str]) -> httpx.Response:
    return client.post(path, data={"csrf_token": client.csrf, **fields})


def words(answer: httpx.Response) -> str:
    """The page as it reads, without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text)))


def hidden(answer: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found is not None, f"the page has no field {name}"
    return unescape(found[1])


def faults(answer: httpx.Response) -> dict[str, str]:
    """{field: what the page says is wrong there}"""
    found = re.findall(r'id="([\w.]+)-help"><b class="fault">(.*?)</b>', answer.text)
    return {name: unescape(said) for name, said in found}
