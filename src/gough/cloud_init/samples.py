"""Values to check a template with while nobody has given any yet."""

import ipaddress
from collections.abc import Mapping, Sequence

from gough.domain.patterns import pattern
from gough.domain.variable_types import SHORTEST_SECRET
from gough.domain.variables import Scalar, Value, Variable, VariableType

_SAMPLES: dict[VariableType, Scalar] = {
    VariableType.STRING: "example",
    VariableType.INT: 1,
    VariableType.BOOL: True,
    VariableType.SECRET: "example-of-a-secret",
    VariableType.SSH_KEY: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA example",
    VariableType.NETWORK: "192.0.2.0/24",
}
_NETWORKS: Mapping[str, str] = {"address": "192.0.2.7", "interface": "192.0.2.7/24"}


def sample_values(variables: Sequence[Variable]) -> dict[str, Value]:
    """The defaults, and for what has none a value of the right type; it may miss a length."""
    return {variable.name: _sample(variable) for variable in variables}


def _sample(variable: Variable) -> Value:
    if variable.default is not None:
        return variable.default
    if variable.type is VariableType.LIST:
        return (_scalar(variable, variable.item_type),)
    return _scalar(variable, variable.type)


def _scalar(variable: Variable, kind: VariableType) -> Scalar:
    if variable.choices:
        return variable.choices[0]
    is_item = variable.type is VariableType.LIST
    low = variable.item_minimum if is_item else variable.minimum
    high = variable.item_maximum if is_item else variable.maximum
    if kind is VariableType.INT:
        return low if low is not None else min(1, 1 if high is None else high)
    if kind is VariableType.NETWORK:
        return _network(variable)
    if variable.pattern:
        example = pattern(variable.pattern).example(SHORTEST_SECRET if kind is VariableType.SECRET else low or 0)
        return _SAMPLES[kind] if example is None else example
    return _SAMPLES[kind]


def _network(variable: Variable) -> str:
    if not variable.within:
        return _NETWORKS.get(variable.form, str(_SAMPLES[VariableType.NETWORK]))
    network = ipaddress.ip_network(variable.within[0])
    inside = network.network_address + min(7, network.num_addresses - 1)
    return {"address": str(inside), "interface": f"{inside}/{network.prefixlen}"}.get(variable.form, str(network))
