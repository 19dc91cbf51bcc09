"""What `make stack-init` makes, and keeps."""

import stat
from pathlib import Path

import pytest
from cryptography import x509

from tools.stack_init import SECRETS, CannotInit, init

URL = "https://gough.example"


def made(root: Path, url: str = URL, owners: dict[str, int] | None = None) -> list[str]:
    known = owners if owners is not None else {}
    return init(root, url, ["nginx", "lab"], lambda path, owner: known.update({path.stem: owner}))


def test_every_secret_is_its_readers_alone_and_differs_from_all_others(tmp_path: Path) -> None:
    owners: dict[str, int] = {}
    assert set(made(tmp_path, owners=owners)) >= {secret.name for secret in SECRETS} | {"ca_certificate", ".env"}
    files = {file.name: file for file in (tmp_path / "secrets").iterdir()}
    for name, file in files.items():
        assert stat.S_IMODE(file.stat().st_mode) == (0o644 if name == "ca_certificate" else 0o600), name
    assert all(owners[secret.name] == secret.owner for secret in SECRETS)
    random = [files[name].read_text() for name in ("postgres_password", "redis_password", "secret_key", "setup_secret")]
    assert len(set(random)) == 4 and min(map(len, random)) >= 24
    assert files["gough_db_password"].read_text() in files["database_url"].read_text()
    assert not any(each in (tmp_path / ".env").read_text() for each in random)


def test_a_second_run_changes_nothing_and_mends_what_is_missing(tmp_path: Path) -> None:
    made(tmp_path)
    folder = tmp_path / "secrets"
    (tmp_path / ".env").write_text("COMPOSE_PROFILES=nginx\n")
    (folder / "tls_certificate").write_text("of somebody's own authority")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert made(tmp_path) == []
    (folder / "redis_url").unlink()
    (folder / "redis_url.part").write_text("of a run that was interrupted")
    assert made(tmp_path) == ["redis_url"]
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert (tmp_path / ".env").read_text() == "COMPOSE_PROFILES=nginx\n"


def test_a_password_is_not_made_anew_beside_what_holds_the_old_one(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "secrets" / "gough_db_password").unlink()
    with pytest.raises(CannotInit, match="gough_db_password is missing, and database_url was made of it"):
        made(tmp_path)
    assert not (tmp_path / "secrets" / "gough_db_password").exists()


def test_the_certificate_is_of_the_public_name_and_signed_by_the_authority(tmp_path: Path) -> None:
    made(tmp_path)
    certificate, authority = (
        x509.load_pem_x509_certificate((tmp_path / "secrets" / name).read_bytes())
        for name in ("tls_certificate", "ca_certificate")
    )
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["gough.example"]


@pytest.mark.parametrize("url", ["http://gough.example", "gough.example", "https://"])
def test_an_address_that_would_not_be_encrypted_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(CannotInit, match="no https address"):
        made(tmp_path, url)
    assert list(tmp_path.iterdir()) == []
