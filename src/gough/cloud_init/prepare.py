"""From a template and what somebody gave for its variables to the user-data of one machine."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from gough.cloud_init.check import SIZE_LIMIT, check, errors_of
from gough.cloud_init.compile import compile_user_data
from gough.cloud_init.delivery import Delivery
from gough.cloud_init.document import START
from gough.cloud_init.findings import Finding
from gough.cloud_init.machine import MachineContext
from gough.cloud_init.redact import redact
from gough.cloud_init.render import render
from gough.cloud_init.source import TemplateSource
from gough.domain.errors import Invalid, Problem
from gough.domain.variables import check_values, secret_names


@dataclass(frozen=True, slots=True)
class Prepared:
    """`user_data` holds secrets and is for MAAS alone; `redacted` may be stored and shown. `findings` are warnings."""

    user_data: bytes = field(repr=False)
    redacted: str
    findings: tuple[Finding, ...]
    sha256: str


def prepare(
    source: TemplateSource, given_values: Mapping[str, object], machine: MachineContext, delivery: Delivery
) -> Prepared:
    """Values, checks, rendering, compilation. Raises Invalid with every problem of the first of them that has any."""
    values, problems = check_values(source.variables, given_values)
    if problems:
        raise Invalid(f"The variables do not fit the template {source.name}.", problems=problems)
    findings = check(source, values, machine)
    if errors := errors_of(findings):
        raise Invalid(f"The template {source.name} cannot be deployed with these values.", problems=errors)
    names = secret_names(source.variables)
    user_data = compile_user_data(render(source.document, values, machine, secrets=names).config, delivery)
    if len(user_data) > SIZE_LIMIT:
        problem = Problem(str(START), f"the user-data is {len(user_data)} bytes; Gough sends at most {SIZE_LIMIT}")
        raise Invalid(f"The template {source.name} is too large.", problems=[problem])
    secrets = [str(values[name]) for name in names if values[name] is not None]
    secrets += [delivery.enrolment_token, delivery.report_token]
    return Prepared(user_data, redact(user_data, secrets), findings, hashlib.sha256(user_data).hexdigest())
