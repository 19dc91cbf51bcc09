"""What the HTTP API can be asked, from the declarations that serve it."""

from importlib import import_module

from gough.web.operation import REGISTRY, Open, Operation
from gough.web.wsgi import OPERATIONS
from tools.docparts import table as markdown

API = "gough.web.api."
OPEN = {Open.PUBLIC: "-", Open.AGENT: "the agent's key", Open.TOKEN: "a token"}


def operations() -> str:
    """Every operation that is for programs, by its path."""
    for module in OPERATIONS:
        if module.startswith(API):
            import_module(module)
    found = [each for each in REGISTRY.values() if each.handler.__module__.startswith(API)]
    rows = [(f"`{each.method}`", f"`{each.path}`", _needs(each), each.summary) for each in sorted(found, key=_order)]
    return markdown(("", "path", "needs", "what it does"), rows)


def _needs(each: Operation) -> str:
    return OPEN[each.guard] if isinstance(each.guard, Open) else each.guard.value


def _order(each: Operation) -> tuple[str, str]:
    return each.path, each.method
