"""Templates: read, checked, rendered for a machine, compiled into the user-data that MAAS delivers.

source = read(folder / "base-server")
prepared = prepare(source, {"ssh_keys": [key]}, MachineContext.of(machine), delivery)
"""

from gough.cloud_init.check import SIZE_LIMIT, check
from gough.cloud_init.compile import compile_user_data
from gough.cloud_init.delivery import AnsibleAccess, Delivery, Osquery
from gough.cloud_init.findings import Finding, Severity
from gough.cloud_init.installer import script as agent_installer
from gough.cloud_init.library import discover, read
from gough.cloud_init.machine import EXAMPLE_MACHINE, MachineContext
from gough.cloud_init.osquery import script as osquery_installer
from gough.cloud_init.prepare import Prepared, prepare
from gough.cloud_init.redact import redact
from gough.cloud_init.render import Rendered, render
from gough.cloud_init.samples import sample_values
from gough.cloud_init.source import TemplateSource, Texts, parse, parse_texts

__all__ = [
    "EXAMPLE_MACHINE",
    "SIZE_LIMIT",
    "AnsibleAccess",
    "Delivery",
    "Finding",
    "MachineContext",
    "Osquery",
    "Prepared",
    "Rendered",
    "Severity",
    "TemplateSource",
    "Texts",
    "agent_installer",
    "check",
    "compile_user_data",
    "discover",
    "osquery_installer",
    "parse",
    "parse_texts",
    "prepare",
    "read",
    "redact",
    "render",
    "sample_values",
]
