"""Editing a template: its files in a form; saving makes a new version. A script marks findings as one types."""

from collections.abc import Mapping

from gough.cloud_init import Finding, Texts
from gough.cloud_init.cases import TESTS
from gough.cloud_init.inheritance import BODY
from gough.cloud_init.metadata import METADATA
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.services import template_editing, templates
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.forms import Complaint
from gough.web.portal.page import page
from gough.web.portal.template_files import files_of
from gough.web.problem import trouble_of

FILE = "f."
PARTS, ENDING = "parts/", ".yaml"
Files = dict[str, str]


@operation(
    "GET /templates/<name>/edit", permission=Permission.MANAGE, summary="Its files in a form.",
    raises=(NotFound, Invalid), is_page=True,
)  # fmt: skip
def edit(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        version = templates.find_version(session, name)
        source = templates.source_of(version)
        base = templates.find_version(session, source.name).label
    return _form(request, source.name, base, dict(files_of(source)))


@operation(
    "POST /templates/<name>/edit", permission=Permission.MANAGE, summary="Save it as a new version, or only check it.",
    raises=(NotFound, Invalid, Conflict), is_page=True,
)  # fmt: skip
def save(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        newest = templates.find_version(session, name).label
    files, form = _files(request.form), request.form
    note, wanted = form.get("note", "").strip(), form.get("do", "save")
    if wanted == "part":
        files.setdefault(f"{PARTS}{form.get('part', '').strip() or 'new'}{ENDING}", "#cloud-config\n")
        return _form(request, name, form.get("base", newest), files, note=note)
    texts = _texts(files)
    try:
        if wanted == "check":
            found = template_editing.judge(request.use, texts).findings
            return _form(request, name, form.get("base", newest), files, note=note, found=found)
        made = template_editing.create(request.use, texts, by=request.by, note=note, based_on=form.get("base", ""))
    except (Invalid, Conflict) as error:
        return _form(request, name, newest, files, note=note, error=error)
    return redirect(f"/templates/{made.label}")


def _form(
    request: Request, name: str, base: str, files: Files, *, note: str = "", error: GoughError | None = None,
    found: tuple[Finding, ...] | None = None,
) -> Answer:  # fmt: skip
    said = Complaint(trouble_of(error), {}, error.problems) if error else Complaint()
    shown = {METADATA: "", BODY: "", **files}
    shown.setdefault(TESTS, "")
    return page(
        request, "template_edit.html", status=said.status, name=name, base=base, files=shown, note=note, said=said,
        found=found, field_prefix=FILE,
    )  # fmt: skip


def _files(form: Mapping[str, str]) -> Files:
    """{path: text}, with the line endings that browsers change changed back."""
    return {
        field.removeprefix(FILE): text.replace("\r\n", "\n") for field, text in form.items() if field.startswith(FILE)
    }


def _texts(files: Files) -> Texts:
    """A part that was emptied is gone; so is an empty body."""
    parts = {
        path.removeprefix(PARTS).removesuffix(ENDING): text
        for path, text in files.items()
        if path.startswith(PARTS) and text.strip()
    }
    return Texts(files.get(METADATA, ""), files.get(BODY) or None, parts, files.get(TESTS, ""))
