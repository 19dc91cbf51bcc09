"""Values for the variables that a template cannot do without, as somebody trying it out would fill them in."""

from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gough.cloud_init import TemplateSource
from gough.cloud_init.cases import read_cases
from gough.cloud_init.samples import sample_values
from gough.domain.errors import Invalid, Problem
from gough.domain.variables import Value, Variable, VariableType, check_value, check_values


def example_values(source: TemplateSource) -> dict[str, Any]:
    """{variable: value} for each that has to be given when the others keep their defaults.

    A value is the template's own where its tests have one. Raises Invalid, with the variables that none is found for.
    """
    given: dict[str, Any] = {}
    tested, samples = _tested(source), sample_values(source.variables)
    for variable in source.variables:  # in their order: a condition looks at those before
        if variable.name in _missing(source, given):
            given[variable.name] = _example(variable, tested.get(variable.name), samples[variable.name])
    if missing := _missing(source, given):
        problems = [Problem(f"/variables/{name}", said) for name, said in missing.items()]
        raise Invalid(f"The lab cannot invent what {source.name} needs.", problems=problems, hint="Give it defaults.")
    return given


def _missing(source: TemplateSource, given: Mapping[str, Any]) -> dict[str, str]:
    """{variable: what is wrong with it now}"""
    _, problems = check_values(source.variables, given)
    return {problem.pointer.rpartition("/")[2]: problem.message for problem in problems}


def _tested(source: TemplateSource) -> dict[str, Any]:
    """What the template's own tests have accepted, the first case before later ones."""
    found: dict[str, Any] = {}
    for case in read_cases(source.texts.tests):
        if not case.refused_at:
            found = {**case.variables, **found}
    return found


def _example(variable: Variable, tested: Any, sample: Value) -> Any:
    """The first that the variable takes; where none is, the last, which says best what is amiss."""
    is_list = variable.type is VariableType.LIST
    made = MADE.get(variable.item_type if is_list else variable.type)
    first = sample[0] if isinstance(sample, tuple) and sample else sample
    scalars: list[Any] = [made()] if made else []
    scalars += [first, str(first).ljust((variable.item_minimum if is_list else variable.minimum) or 0, "x")]
    values = [[scalar] * max(1, variable.minimum or 1) for scalar in scalars] if is_list else scalars
    values.insert(1 if made else 0, tested)
    return next((value for value in values if _fits(variable, value)), values[-1])


def _ssh_key() -> str:
    public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return f"{public.decode()} operator@lab"


MADE: Mapping[VariableType, Callable[[], str]] = {
    VariableType.SSH_KEY: _ssh_key, VariableType.SECRET: lambda: token_urlsafe(24),
}  # fmt: skip
"""What must not be the same in every lab."""


def _fits(variable: Variable, value: object) -> bool:
    try:
        check_value(variable, value)
    except ValueError:
        return False
    return True
