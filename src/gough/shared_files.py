"""Where files that are not code lie: beside the source tree, or inside the installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shared(name: str) -> Path:
    """`apps`, `cloud-init/templates`, `policies`: from the wheel's `_share`, or from the checkout."""
    packed = _PACKAGE / "_share" / name
    return packed if packed.exists() else _PACKAGE.parents[1] / name
