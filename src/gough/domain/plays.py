"""Which groups and variables a machine has in Ansible's inventory: the collection's inventory plugin says the same."""

import re
from collections.abc import Mapping, Sequence

NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]")
STATES = ("running", "converged", "failed", "unreachable", "stopped", "lost")


def groups(*, template: str = "", tags: Sequence[str] = (), **single: str) -> tuple[str, ...]:
    """`template_docker_host`, `tag_gpu`, and of `pool`, `zone`, `region`, `site` one each, where it has one."""
    named = {"template": template, **single}
    found = [f"{kind}_{value}" for kind, value in named.items() if value]
    return tuple(NOT_IN_NAMES.sub("_", name) for name in [*found, *(f"tag_{tag}" for tag in tags)])


def recap_in_words(recap: Mapping[str, int]) -> str:
    """`12 tasks ok, 3 changed`."""
    fine = recap.get("ok", 0)
    words = [f"{fine} task{'' if fine == 1 else 's'} ok"]
    words += [f"{recap[name]} {name}" for name in ("changed", "failed", "unreachable") if recap.get(name)]
    return ", ".join(words)
