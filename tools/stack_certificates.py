"""An installation's own certificate authority: elliptic keys, ten years; what it signs is good for two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY, ISSUED = timedelta(days=3650), timedelta(days=730)
CLOCKS = timedelta(hours=1)  # how far a server's clock may be behind at its first boot


@dataclass(frozen=True, slots=True)
class Issued:
    """PEM texts; `certificate_pem` is the chain."""

    certificate_pem: str
    key_pem: str


class Authority:
    """`is_new`: made just now, and to be kept by whoever asked."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, *, is_new: bool) -> None:
        self._key, self._certificate, self.is_new = key, certificate, is_new

    @classmethod
    def of(cls, key: Path, certificate: Path) -> "Authority":
        """The one of these files; a new one where they are not."""
        if key.exists() and certificate.exists():
            loaded = load_pem_private_key(key.read_bytes(), None)
            assert isinstance(loaded, ec.EllipticCurvePrivateKey)
            return cls(loaded, x509.load_pem_x509_certificate(certificate.read_bytes()), is_new=False)
        made = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gough's own authority")])
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = (
            _begun(name, name, made.public_key(), AUTHORITY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
        )
        return cls(made, builder.sign(made, SHA256()), is_new=True)

    @property
    def key_pem(self) -> str:
        return _pem(self._key)

    @property
    def certificate_pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, names: Sequence[str]) -> Issued:
        """A server's certificate for these host names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _begun(subject, self._certificate.subject, key.public_key(), ISSUED)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(alternatives, critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(ours, critical=False)
        )
        signed = builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM).decode()
        return Issued(signed + self.certificate_pem, _pem(key))


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, good_for: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS)
        .not_valid_after(now + good_for)
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
