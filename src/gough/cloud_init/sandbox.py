"""The Jinja that templates may use: expressions, if and for, over the values they are given and nothing else.

Everything that could take the server's memory or time, or reach outside, is left out rather than watched: no
assignments, macros, includes or globals; a closed list of filters and methods; loops share one budget of rounds.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

TEXT_LIMIT = 256 * 1024  # characters in one rendered text
ROUNDS_LIMIT = 100_000
_BLOCKS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Expr, nodes.Helper)
_KEPT = (
    "default", "d", "first", "last", "length", "count", "list", "lower", "upper", "trim", "string", "int", "sort",
    "unique", "map", "select", "reject", "abs", "min", "max",
)  # fmt: skip
_METHODS = {
    "split", "rsplit", "partition", "rpartition", "startswith", "endswith", "removeprefix", "removesuffix",
    "lower", "upper", "strip", "lstrip", "rstrip", "isdigit", "get", "items", "keys", "values",
}  # fmt: skip


class Sandbox(SandboxedEnvironment):
    """One is made for each rendering, because it counts what that rendering has used."""

    intercepted_binops = frozenset(("*", "%", "**"))

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=True,
            finalize=lambda value: shown(value) if value is None or isinstance(value, bool) else value,
        )
        self.globals.clear()
        self.filters = {name: FILTERS[name] for name in _KEPT}
        self.filters |= _OWN
        self.filters["_rounds"] = self._rounds
        self._rounds_left = ROUNDS_LIMIT

    def parse_text(self, text: str) -> nodes.Template:
        """The text's syntax tree. Raises TemplateSyntaxError, also for what is not among the allowed."""
        tree = self.parse(text)
        for node in [tree, *tree.find_all(nodes.Node)]:
            _allowed(node)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "_rounds", [], [], None, None, lineno=loop.lineno)
        return tree

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Multiplying a text or a list, and `%` as formatting, can ask for any amount of memory."""
        for undefined in (left, right):
            if isinstance(undefined, StrictUndefined):
                str(undefined)  # raises, with the name that is missing
        if operator == "**" or not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            raise SecurityError(f"the operator {operator} is only for numbers here")
        return super().call_binop(context, operator, left, right)

    def is_safe_callable(self, obj: object) -> bool:
        if isinstance(obj, StrictUndefined):
            str(obj)  # raises, as above
        name = getattr(obj, "__name__", type(obj).__name__)
        if not isinstance(getattr(obj, "__self__", None), (str, Mapping)) or name not in _METHODS:
            raise SecurityError(f"{name}() may not be called in templates")
        return True

    def _rounds(self, items: Iterable[object]) -> Iterator[object]:
        for item in items:
            self._rounds_left -= 1
            if self._rounds_left < 0:
                raise SecurityError(f"the loops take more than {ROUNDS_LIMIT} rounds")
            yield item


def _allowed(node: nodes.Node) -> None:
    if not isinstance(node, _BLOCKS) or isinstance(node, nodes.Pow):
        raise TemplateSyntaxError(f"{type(node).__name__} is not used in templates", node.lineno)
    if isinstance(node, nodes.Filter) and node.name not in {*_KEPT, *_OWN}:
        raise TemplateSyntaxError(f"there is no filter {node.name}", node.lineno)
    if isinstance(node, nodes.For) and node.recursive:
        raise TemplateSyntaxError("recursive loops are not used in templates", node.lineno)


def _quote(value: object) -> str:
    """The value as one word of a shell, whatever it holds."""
    return shlex.quote(shown(value))


def _join(values: Iterable[object], separator: str = "") -> str:
    texts = [shown(value) for value in values]
    _bounded(sum(map(len, texts)) + len(texts) * len(separator))
    return separator.join(texts)


def _replace(value: object, old: str, new: str) -> str:
    text = shown(value)
    _bounded(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def _tojson(value: object) -> str:
    """JSON as a file wants it; Jinja's own is for HTML and escapes more."""
    return json.dumps(value, default=_refuse, sort_keys=True)


def _refuse(value: object) -> object:
    str(value)  # an undefined value says which name it was
    raise SecurityError(f"a {type(value).__name__} has no JSON")


def shown(value: object) -> str:
    """How a value stands in a text: nothing for none, and true and false as shells and YAML spell them."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return str(value)


def _bounded(size: int) -> None:
    if size > TEXT_LIMIT:
        raise SecurityError(f"the text would be longer than {TEXT_LIMIT} characters")


_OWN = {"quote": _quote, "join": _join, "replace": _replace, "tojson": _tojson}
