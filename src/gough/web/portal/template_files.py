"""A template's files, and differences between texts, as pages draw them."""

from collections.abc import Iterator
from dataclasses import dataclass

from gough.cloud_init import TemplateSource
from gough.cloud_init.cases import TESTS
from gough.cloud_init.inheritance import BODY
from gough.cloud_init.metadata import METADATA

KINDS = {"@@": "place", "+": "added", "-": "removed"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: `file`, `place`, `added`, `removed` or `same`."""

    kind: str
    text: str


def files_of(source: TemplateSource) -> list[tuple[str, str]]:
    """(path, text) of the template's own files, as they lie in its folder."""
    texts = source.texts
    found = [(METADATA, texts.metadata), (BODY, texts.body or "")]
    found += [(f"parts/{name}.yaml", text) for name, text in texts.parts.items()]
    return [(path, text) for path, text in [*found, (TESTS, texts.tests)] if text]


def lines_of(diff: str) -> list[Line]:
    """The lines of a unified diff."""
    return list(_lines(diff))


def _lines(diff: str) -> Iterator[Line]:
    heading = 0  # lines of a file's heading that are still to come: a removed line may begin with -- itself
    texts = diff.splitlines()
    for number, text in enumerate(texts):
        if text.startswith("--- ") and number + 2 < len(texts) and texts[number + 2].startswith("@@ "):
            heading = 2
        kind = "file" if heading else next((kind for sign, kind in KINDS.items() if text.startswith(sign)), "same")
        heading = max(0, heading - 1)
        yield Line(kind, text)
