"""The SSH keys of the user the API key belongs to; MAAS puts them on every machine that user deploys."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text

PATH = "account/prefs/sshkeys/"


@dataclass(frozen=True, slots=True)
class SshKey:
    """`keysource` is where MAAS imported it from (`lp:name`, `gh:name`), empty when somebody gave it."""

    id: int
    key: str
    keysource: Text = ""


SSH_KEY, SSH_KEYS = TypeAdapter(SshKey), TypeAdapter(list[SshKey])


class SshKeys:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def list(self) -> Sequence[SshKey]:
        return self._http.get(PATH, SSH_KEYS)

    def create(self, key: str) -> SshKey:
        """One line in OpenSSH's format. Invalid when it is none, or this user has it already."""
        return self._http.post(PATH, SSH_KEY, {}, form(key=key))

    def delete(self, id: int) -> None:
        self._http.delete(f"{PATH}{part('SSH key', id)}/")
