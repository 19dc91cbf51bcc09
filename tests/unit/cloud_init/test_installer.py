"""The installer as a server runs it: under sh, against an HTTP server that serves a small agent."""

import hashlib
import io
import platform
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gough.cloud_init import installer

ARCH = platform.machine()
NAME = f"gough-agent-linux-{ARCH}.tar.gz"
PEM = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"
pytestmark = pytest.mark.skipif(ARCH not in {"x86_64", "aarch64"}, reason="there is no agent for this architecture")


def tarball(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"gough-agent/{name}")
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content.encode()))
    return buffer.getvalue()


AGENT = tarball(**{"bin/gough-agent": "#!/bin/sh\n", "gough-agent.service": "[Unit]\n"})


@dataclass
class Site:
    url: str = ""
    content: bytes = AGENT
    statuses: list[int] = field(default_factory=list)  # answered first, one a request
    cuts: list[int] = field(default_factory=list)  # after so many bytes the connection ends, one a request
    tells_length: bool = True
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            self.send_response(site.statuses.pop(0) if site.statuses else 200)
            if site.tells_length:
                self.send_header("Content-Length", str(len(site.content)))
            self.end_headers()
            self.wfile.write(site.content[: site.cuts.pop(0)] if site.cuts else site.content)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def local(delivery, site):
    checksums = {NAME: hashlib.sha256(AGENT).hexdigest()}
    return replace(delivery, public_url=site.url, allow_http=True, agent_checksums=checksums)


def installed(root) -> dict[str, tuple[int, str]]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): (path.stat().st_mode & 0o777, path.read_text()) for path in files}


def test_the_agent_is_installed_and_configured(run, site, local, tmp_path):
    done = run(installer.script(local), root=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert site.asked == [f"/agent/{NAME}"]
    settings = (
        f"MANAGEMENT_SERVER_URL={site.url}\nGOUGH_ENROLMENT_TOKEN=enrolment-token-of-this-machine\n"
        "SERVER_ID=4y3h7n\nMONITORING_INTERVAL=30\nGOUGH_ALLOW_HTTP=true\n"
    )
    assert installed(tmp_path) == {
        "opt/gough-agent/bin/gough-agent": (0o755, "#!/bin/sh\n"),
        "opt/gough-agent/gough-agent.service": (0o755, "[Unit]\n"),
        "etc/systemd/system/gough-agent.service": (0o644, "[Unit]\n"),
        "etc/gough-agent/agent.env": (0o600, settings),
    }


def test_running_it_again_changes_nothing(run, local, tmp_path):
    run(installer.script(local), root=tmp_path)
    before = installed(tmp_path)
    assert run(installer.script(local), root=tmp_path).returncode == 0
    assert installed(tmp_path) == before


def test_a_wrong_checksum_installs_nothing(run, site, local, tmp_path):
    site.content = tarball(**{"gough-agent.service": "[Evil]\n"})
    done = run(installer.script(local), root=tmp_path, TMPDIR=str(tmp_path), GOUGH_RETRY_SECONDS="0")
    assert done.returncode == 1
    assert "checksum" in done.stderr and "nothing was installed" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_stumbles_is_asked_again(run, site, local, tmp_path):
    site.statuses = [503, 502, 500, 503]
    assert run(installer.script(local), root=tmp_path, GOUGH_RETRY_SECONDS="0").returncode == 0
    assert len(site.asked) == 5


@pytest.mark.parametrize("tells_length", [True, False])
def test_a_download_that_is_cut_in_the_middle_is_never_installed_and_asked_for_again(
    run, site, local, tmp_path, tells_length
):
    site.tells_length, site.cuts = tells_length, [0, 1, len(AGENT) // 2, len(AGENT) - 1]
    done = run(installer.script(local), root=tmp_path / "well", GOUGH_RETRY_SECONDS="0")
    assert (done.returncode, len(site.asked)) == (0, 5)
    assert installed(tmp_path / "well")["opt/gough-agent/bin/gough-agent"] == (0o755, "#!/bin/sh\n")

    site.cuts = [len(AGENT) // 2] * 24
    done = run(installer.script(local), root=tmp_path / "cut", GOUGH_RETRY_SECONDS="0")
    assert (done.returncode, len(site.asked)) == (1, 5 + (24 if tells_length else 8))
    assert not (tmp_path / "cut").exists()


def test_into_an_image_goes_the_archive_whatever_else_there_is(run, site, local, tmp_path):
    packages = {f"gough-agent_0.1.0_{arch}.deb": "a" * 64 for arch in ("amd64", "arm64")}
    both = replace(local, agent_checksums={**local.agent_checksums, **packages})
    assert run(installer.script(both), root=tmp_path).returncode == 0
    assert site.asked == [f"/agent/{NAME}"]


def test_it_gives_up_after_ten_minutes_of_tries(run, site, local, tmp_path):
    site.statuses = [503] * 30
    done = run(installer.script(local), root=tmp_path, GOUGH_RETRY_SECONDS="0")
    assert (done.returncode, len(site.asked)) == (1, 24)
    assert f"could not download {site.url}/agent/" in done.stderr and installed(tmp_path) == {}


def test_what_is_not_there_is_not_asked_for_again(run, site, local, tmp_path):
    site.statuses = [404]
    assert run(installer.script(local), root=tmp_path).returncode == 1
    assert len(site.asked) == 1


def test_an_architecture_without_an_agent_is_told(run, site, local, tmp_path):
    other = {"x86_64": "aarch64", "aarch64": "x86_64"}[ARCH]
    checksums = {f"gough-agent-linux-{other}.tar.gz": "a" * 64}
    done = run(installer.script(replace(local, agent_checksums=checksums)), root=tmp_path)
    assert done.returncode == 1 and f"no agent for {ARCH}" in done.stderr and site.asked == []


def test_the_authority_is_trusted_and_kept(run, local, tmp_path, authority):
    done = run(installer.script(replace(local, ca_pem=authority)), root=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    files = installed(tmp_path)
    assert files["etc/gough-agent/ca.pem"] == (0o644, authority)
    assert "GOUGH_CA_FILE=/etc/gough-agent/ca.pem\n" in files["etc/gough-agent/agent.env"][1]


@pytest.fixture(scope="module")
def authority() -> str:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A test authority")])
    start = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
