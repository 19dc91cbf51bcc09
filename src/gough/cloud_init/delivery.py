"""What the user-data tells a server about Gough: where it is, how to trust it, and the two secrets."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gough.domain.errors import Invalid, Problem

AGENT = r"gough-agent-linux-(x86_64|aarch64)\.tar\.gz|gough-agent_[0-9][0-9A-Za-z.+~]*_(amd64|arm64)\.deb"
OSQUERY = r"osquery_[0-9][0-9A-Za-z.+~-]*_(amd64|arm64)\.deb"
ARTEFACT = re.compile(f"{AGENT}|{OSQUERY}")
"""What Gough serves below /agent/: its agent, and osquery's package where somebody has put that there."""
# None of these forms has a character that means something to a shell, to systemd or in a URL's path.
_URL = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+(/[A-Za-z0-9._~/-]*)?")
_TOKEN = re.compile(r"[A-Za-z0-9_.~-]{16,256}")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PEM = re.compile(r"(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n)+")


@dataclass(frozen=True, slots=True)
class Osquery:
    """How a machine joins Fleet: osquery's flag file, the authority of Fleet's certificate where it is no public one,
    and the packages that Gough serves, by name to their sha256. Without any the machine's own sources have it.
    """

    flags: str
    ca_pem: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnsibleAccess:
    """The account that Gough's Ansible uses on the machine, and the public key that opens it."""

    user: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """`agent_checksums` leads from the name of an archive or package of the agent to its sha256.

    `ca_pem` is the certificate authority of `public_url`, or empty where the public ones vouch for it.
    Raises Invalid if a field has another form than servers can rely on.
    """

    public_url: str
    report_token: str = field(repr=False)
    enrolment_token: str = field(repr=False)
    server_id: str
    interval_seconds: int = 30
    ca_pem: str = ""
    agent_checksums: Mapping[str, str] = field(default_factory=dict)
    allow_http: bool = False
    osquery: Osquery | None = None
    ansible: AnsibleAccess | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))
        object.__setattr__(self, "ca_pem", self.ca_pem.replace("\r\n", "\n").strip() + "\n" if self.ca_pem else "")
        problems = [Problem(f"/{pointer}", message) for pointer, message in self._faults()]
        if problems:
            raise Invalid("What servers are told about Gough is not usable.", problems=problems)

    def _faults(self) -> Iterator[tuple[str, str]]:
        if not _URL.fullmatch(self.public_url):
            yield "public_url", "expected an http or https address without query and password"
        elif self.public_url.startswith("http:") and not self.allow_http:
            yield "public_url", "plain http sends the tokens in the open: use https, or allow http explicitly"
        for name, token in (("report_token", self.report_token), ("enrolment_token", self.enrolment_token)):
            if not _TOKEN.fullmatch(token):
                yield name, "expected 16 to 256 letters, digits or _.~-"
        if not _ID.fullmatch(self.server_id):
            yield "server_id", "expected letters, digits or _.-"
        if self.interval_seconds < 1:
            yield "interval_seconds", "expected at least 1"
        if self.ca_pem and not _PEM.fullmatch(self.ca_pem):
            yield "ca_pem", "expected PEM certificates and nothing else"
        if not self.agent_checksums:
            yield "agent_checksums", "expected the checksum of at least one archive or package of the agent"
        for name, checksum in self.agent_checksums.items():
            if not re.fullmatch(AGENT, name) or not _SHA256.fullmatch(checksum):
                yield f"agent_checksums/{name}", "expected an archive or package of the agent, and a sha256 in hex"
