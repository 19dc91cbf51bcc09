"""How the expressions of a text use the values they are given, read from the syntax tree."""

from collections.abc import Iterator

from jinja2 import nodes


def secret_misuse(tree: nodes.Template, secrets: frozenset[str]) -> Iterator[str]:
    """Secrets that are cut up, transformed or copied: redaction would no longer recognise them."""
    fine: set[int] = set()
    for output in tree.find_all(nodes.Output):
        for expression in output.nodes:
            fine |= _written(expression)
    for condition in tree.find_all(nodes.If):
        fine |= _written(condition.test)
    for name in tree.find_all(nodes.Name):
        if name.name in secrets and id(name) not in fine:
            yield name.name


def unquoted(tree: nodes.Template, texts: frozenset[str]) -> Iterator[str]:
    """Texts that become part of a shell line without `quote`."""
    for output in tree.find_all(nodes.Output):
        for expression in output.nodes:
            if not (isinstance(expression, nodes.Filter) and expression.name == "quote"):
                yield from (name.name for name in _names(expression) if name.name in texts and name.name != "machine")


def _names(expression: nodes.Node) -> Iterator[nodes.Name]:
    """Names whose values may become part of what the expression gives; those it only asks about do not."""
    if isinstance(expression, nodes.Name):
        yield expression
    branches = (expression.expr1, expression.expr2) if isinstance(expression, nodes.CondExpr) else None
    for child in expression.iter_child_nodes() if branches is None else branches:
        if child is not None:
            yield from _names(child)


def _written(expression: nodes.Node) -> set[int]:
    """The ids of names that this expression writes as they are."""
    match expression:
        case nodes.Name():
            return {id(expression)}
        case nodes.Filter(name="quote", node=nodes.Node() as inner):
            return _written(inner)
        case nodes.Test(node=inner):
            return _written(inner)
        case nodes.Not(node=inner):
            return _written(inner)
        case nodes.CondExpr():
            branches = (expression.test, expression.expr1, expression.expr2)
            return set().union(*(_written(branch) for branch in branches if branch is not None))
    return set()
