"""A template's body, with its expressions evaluated for one machine.

The body is parsed as YAML first and each text in it is rendered by itself, so no value can change the structure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

import yaml
from jinja2 import TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.environment import Environment, TemplateExpression
from jinja2.exceptions import SecurityError

from gough.cloud_init.document import Mark, compose, mark_of, scalar
from gough.cloud_init.machine import MachineContext
from gough.cloud_init.sandbox import TEXT_LIMIT, Sandbox
from gough.cloud_init.usage import secret_misuse, unquoted
from gough.domain.errors import Invalid, Problem
from gough.domain.variables import Value

Path = tuple[str | int, ...]
OUTPUT_LIMIT = 1024 * 1024  # characters in all texts together
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Rendered:
    """`marks` leads from a path in `config` back to the place in the body that made it.

    `unquoted` are the places where a text goes into a shell line as it is.
    """

    config: dict[str, object]
    marks: Mapping[Path, Mark]
    unquoted: tuple[tuple[Mark, str], ...] = ()


def render(
    body: str | yaml.MappingNode,
    values: Mapping[str, Value],
    machine: MachineContext,
    *,
    secrets: frozenset[str] = frozenset(),
) -> Rendered:
    """`body` is a text, or the tree of a template. Raises Invalid with every text that cannot be rendered, by place."""
    context = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    context["machine"] = {**asdict(machine), "tags": list(machine.tags)}  # type: ignore[assignment]
    rendering = _Rendering(context, secrets)
    config = rendering.mapping(compose(body) if isinstance(body, str) else body, ())
    if rendering.problems:
        raise Invalid("The template cannot be rendered.", problems=rendering.problems)
    return Rendered(config, rendering.marks, tuple(rendering.unquoted))


@dataclass
class _Rendering:
    context: Mapping[str, object]
    secrets: frozenset[str]
    sandbox: Sandbox = field(default_factory=Sandbox)
    problems: list[Problem] = field(default_factory=list)
    marks: dict[Path, Mark] = field(default_factory=dict)
    unquoted: list[tuple[Mark, str]] = field(default_factory=list)
    size: int = 0

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        self.marks.setdefault(path, mark_of(node))
        result: dict[str, object] = {}
        for key, child in node.value:
            value = self.value(child, (*path, key.value))
            self.marks[*path, key.value] = mark_of(child)
            if value is not _ABSENT:
                result[key.value] = value
        return result

    def sequence(self, node: yaml.SequenceNode, path: Path) -> list[object]:
        result: list[object] = []
        for child in node.value:
            value = self.value(child, (*path, len(result)))
            # Only an expression gives several items: a list written inside a list stays one.
            spliced = value if isinstance(value, list) and isinstance(child, yaml.ScalarNode) else [value]
            for item in spliced:
                if item is not _ABSENT:
                    self.marks[*path, len(result)] = mark_of(child)
                    result.append(item)
        return result

    def value(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return self.sequence(node, path)
        assert isinstance(node, yaml.ScalarNode)
        value = scalar(node)
        if not isinstance(value, str) or not any(sign in value for sign in ("{{", "{%", "{#")):
            return value
        try:
            return self.text(value, mark_of(node), path)
        except (TemplateSyntaxError, UndefinedError, SecurityError) as error:
            message = error.message or "cannot be rendered"
        except Exception as error:  # whatever an author's expression does, it is the author's to correct
            message = f"cannot be rendered: {type(error).__name__}: {error}"
        self.problems.append(Problem(str(mark_of(node)), message))
        return None

    def text(self, text: str, mark: Mark, path: Path) -> object:
        if self.size > OUTPUT_LIMIT:
            raise SecurityError(f"the template renders to more than {OUTPUT_LIMIT} characters")
        tree = self.sandbox.parse_text(text)
        for name in secret_misuse(tree, self.secrets):
            raise SecurityError(f"the secret {name} may only be written as it is, or through quote, so that it is "
                                "found again when it must not be shown")  # fmt: skip
        if len(path) == 2 and path[0] in ("runcmd", "bootcmd"):
            self.unquoted += [(mark, name) for name in unquoted(tree, self._texts())]
        expression = _only_expression(tree)
        value = self.output(tree) if expression is None else _evaluated(self.sandbox, expression, self.context)
        self.size += len(value) if isinstance(value, str) else len(str(value))
        return _ABSENT if value is None else value

    def output(self, tree: nodes.Template) -> str:
        pieces, size = [], 0
        for piece in self.sandbox.from_string(tree).generate(self.context):
            size += len(piece)
            if size > TEXT_LIMIT:
                raise SecurityError(f"the text would be longer than {TEXT_LIMIT} characters")
            pieces.append(piece)
        return "".join(pieces)

    def _texts(self) -> frozenset[str]:
        return frozenset(name for name, value in self.context.items() if not isinstance(value, (int, bool)))


def _only_expression(tree: nodes.Template) -> nodes.Expr | None:
    match tree.body:
        case [nodes.Output(nodes=[expression])] if not isinstance(expression, nodes.TemplateData):
            return expression
    return None


def _evaluated(environment: Environment, expression: nodes.Expr, context: Mapping[str, object]) -> object:
    """The value itself, not its text (what Environment.compile_expression does, from a tree)."""
    body: list[nodes.Node] = [nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)]
    template = environment.from_string(nodes.Template(body, lineno=1))
    return _plain(TemplateExpression(template, undefined_to_none=False)(context))


def _plain(value: object) -> object:
    if isinstance(value, Undefined):
        str(value)  # raises, with the name that is missing
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    raise SecurityError(f"the expression gives a {type(value).__name__}, which is no data")
