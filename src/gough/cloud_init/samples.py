"""Values to check a template with while nobody has given any yet."""

from collections.abc import Sequence

from gough.domain.variables import Scalar, Value, Variable, VariableType

_SAMPLES: dict[VariableType, Scalar] = {
    VariableType.STRING: "example",
    VariableType.INT: 1,
    VariableType.BOOL: True,
    VariableType.SECRET: "example-of-a-secret",
    VariableType.SSH_KEY: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA example",
    VariableType.NETWORK: "192.0.2.0/24",
}


def sample_values(variables: Sequence[Variable]) -> dict[str, Value]:
    """The defaults, and for what has none a value of the right type; it may miss the pattern."""
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
    if kind is VariableType.INT and variable.type is VariableType.INT:
        return variable.minimum if variable.minimum is not None else min(1, variable.maximum or 1)
    return _SAMPLES[kind]
