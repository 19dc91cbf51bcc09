"""osquery's flag file for a Fleet server. https://osquery.readthedocs.io/en/stable/installation/cli-flags/

A URL prefix of Fleet's moves osquery's endpoints too, so they derive from it.
"""

from gough.domain.fleet_address import FleetAddress

SECRET_FILE = "/etc/osquery/enroll_secret"  # noqa: S105 - its place
CERTIFICATES_FILE = "/etc/osquery/fleet.pem"
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def osquery_flags(
    address: FleetAddress, *, own_ca: bool, secret_file: str = SECRET_FILE, certificates: str = CERTIFICATES_FILE
) -> str:
    """`own_ca`: the server's authority stands in `certificates`; otherwise it is one that the system trusts.

    The host is known by its UUID, so that a machine that is installed again is the same host.
    """
    endpoints = f"{address.prefix}/api/osquery"
    flags = {
        "tls_hostname": address.host_and_port,
        "tls_server_certs": certificates if own_ca else SYSTEM_CERTIFICATES,
        "enroll_secret_path": secret_file,
        "host_identifier": "uuid",
        "enroll_tls_endpoint": f"{endpoints}/enroll",
        "config_plugin": "tls",
        "config_tls_endpoint": f"{endpoints}/config",
        "config_refresh": "60",
        "disable_distributed": "false",
        "distributed_plugin": "tls",
        "distributed_interval": "10",
        "distributed_tls_max_attempts": "3",
        "distributed_tls_read_endpoint": f"{endpoints}/distributed/read",
        "distributed_tls_write_endpoint": f"{endpoints}/distributed/write",
        "logger_plugin": "tls",
        "logger_tls_endpoint": f"{endpoints}/log",
        "logger_tls_period": "10",
    }
    return "".join(f"--{name}={value}\n" for name, value in flags.items())
