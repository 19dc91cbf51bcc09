"""Making versions without a folder: from texts that somebody sends, and from an earlier version."""

from dataclasses import dataclass

from gough.cloud_init import Finding, TemplateSource, Texts, parse_texts
from gough.cloud_init.document import Mark
from gough.cloud_init.examine import examine
from gough.cloud_init.findings import Severity, error
from gough.domain.errors import Conflict, Invalid, Problem
from gough.services.context import Use
from gough.services.template_versions import add, add_again, known_in, newest_of
from gough.services.templates import Imported, find_version


@dataclass(frozen=True, slots=True)
class Verdict:
    """`source` is None where the texts cannot even be read."""

    source: TemplateSource | None
    findings: tuple[Finding, ...]

    @property
    def is_valid(self) -> bool:
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


def judge(use: Use, texts: Texts) -> Verdict:
    """Everything that can be said about the texts of a template; it extends the newest versions. Stores nothing."""
    with use.database.read() as session:
        try:
            source = parse_texts(texts, known_in(session))
        except Invalid as invalid:
            return Verdict(None, tuple(error(Mark.read(each.pointer), each.message) for each in invalid.problems))
    return Verdict(source, examine(source))


def create(use: Use, texts: Texts, *, by: str, note: str = "", based_on: str = "") -> Imported:
    """A new version; content that is the newest already adds nothing. Raises Invalid with every error.

    Raises Conflict when `based_on` is named and another version has become the newest.
    """
    verdict = judge(use, texts)
    source = verdict.source
    if source is None or not verdict.is_valid:
        problems = [finding.problem for finding in verdict.findings if finding.severity is Severity.ERROR]
        raise Invalid("The template cannot be used.", problems=problems)
    with use.database.write() as session:
        newest = newest_of(session, source.name)
        if newest is not None and newest.checksum == source.checksum:
            return Imported(newest.label, is_new=False)
        if newest is not None and based_on and newest.label != based_on:
            hint = f"Compare it with {based_on}; saving again puts yours on top of it."
            raise Conflict(f"{newest.created_by} has made {newest.label} meanwhile.", hint=hint)
        return Imported(add(use, session, source, by=by, note=note).label, is_new=True)


def replace(use: Use, name: str, texts: Texts, *, by: str, note: str = "") -> Imported:
    """As `create`, for a template that there is: its texts say the same name. Raises NotFound or Invalid."""
    with use.database.read() as session:
        find_version(session, name)
    source = judge(use, texts).source
    if source is not None and source.name != name:
        problem = Problem("/metadata", f"calls it {source.name}")
        raise Invalid(f"These texts are not of the template {name}.", problems=[problem])
    return create(use, texts, by=by, note=note)


def revert(use: Use, reference: str, *, by: str) -> Imported:
    """The content of an earlier version, word for word, as the newest. Raises NotFound, Invalid or Conflict."""
    if "@" not in reference:
        raise Invalid(f"'{reference}' names no version.", hint=f"Write it like {reference}@2.")
    with use.database.write() as session:
        old = find_version(session, reference)
        newest = newest_of(session, old.template.name)
        if newest is not None and newest.checksum == old.checksum:
            raise Conflict(f"{newest.label} has the content of {old.label} already.")
        return Imported(add_again(use, session, old, by=by).label, is_new=True)
