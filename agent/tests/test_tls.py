"""Https with a certificate of a private CA."""

import http.server
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gough_agent.errors import Unreachable
from gough_agent.transport import Transport

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"fine": true}')

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Listener(http.server.HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that doesn't trust us


def certificate(folder: Path) -> Path:
    """Key and certificate for localhost in one file; the certificate is its own CA."""
    folder.mkdir()
    key, cert, both = folder / "key.pem", folder / "ca.pem", folder / "both.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    command += [
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(key),
        "-out",
        str(cert),
    ]
    subprocess.run(command, check=True, capture_output=True)
    both.write_text(key.read_text() + cert.read_text())
    return cert


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """(URL, CA file)."""
    ca_file = certificate(tmp_path / "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file.with_name("both.pem"))
    with Listener(("127.0.0.1", 0), Handler) as listener:
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"https://localhost:{listener.server_port}", ca_file
        listener.shutdown()
        thread.join()


def test_a_renewed_ca_file_is_picked_up_without_a_restart(served: tuple[str, Path], tmp_path: Path) -> None:
    url, right = served
    ca_file = certificate(tmp_path / "other")
    transport = Transport(url, ca_file)
    with pytest.raises(Unreachable, match="is GOUGH_CA_FILE the CA of its certificate"):
        transport.post("/", {})
    ca_file.write_text(right.read_text())
    assert transport.post("/", {}) == {"fine": True}
    transport.close()


def test_a_certificate_of_an_unknown_ca_is_not_trusted(served: tuple[str, Path]) -> None:
    with pytest.raises(Unreachable, match="cannot trust https://localhost"):
        Transport(served[0]).post("/", {})
