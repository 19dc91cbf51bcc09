"""Templates that extend others: what joins, what replaces, and what is refused where."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gough.cloud_init import EXAMPLE_MACHINE, TemplateSource, check, parse, read, render
from gough.cloud_init.library import Library, discover
from gough.domain.errors import Invalid, NotFound

BASE = {
    "metadata": "name: base\nseries: jammy\nparts: [ssh]\nvariables:\n  - {name: port, type: int, default: 22}\n"
    "  - {name: zone, default: here}\n",
    "body": '#cloud-config\nhostname: base\npackages: [a]\nruncmd: [one, "echo {{ port }}"]\napt: {proxy: x}\n',
    "parts": {"ssh": "packages: [sshd]\nssh_pwauth: false\n"},
}


def family(*members: Mapping[str, object]) -> TemplateSource:
    """The last of the templates; each may extend those before it."""
    known: dict[str, TemplateSource] = {}

    def find(name: str) -> TemplateSource:
        if name not in known:
            raise NotFound(f"There is no template {name}.")
        return known[name]

    for member in members:
        made = parse(**member, known=find)  # type: ignore[arg-type]
        known[made.name] = made
    return made


def child(metadata: str = "", body: str | None = None, **parts: str) -> dict[str, object]:
    return {"metadata": f"name: child\nextends: [base]\n{metadata}", "body": body, "parts": parts}


def config(source: TemplateSource) -> dict[str, object]:
    return render(source.document, {v.name: v.default for v in source.variables}, EXAMPLE_MACHINE).config


def problems(*members: Mapping[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        family(*members)
    return [(problem.pointer, problem.message) for problem in caught.value.problems]


def test_mappings_merge_lists_are_joined_and_the_heir_replaces_single_values():
    source = family(BASE, child(body="hostname: child\npackages: [b]\nruncmd: [two]\napt: {preserve: true}\n"))
    assert config(source) == {
        "packages": ["sshd", "a", "b"],
        "ssh_pwauth": False,
        "hostname": "child",
        "runcmd": ["one", "echo 22", "two"],
        "apt": {"proxy": "x", "preserve": True},
    }
    assert source.series == "jammy"
    assert [ancestor.name for ancestor in source.ancestors] == ["base"]


def test_a_part_is_replaced_by_its_name_where_it_stands():
    source = family(BASE, child("parts: [more, ssh]\n", ssh="packages: [dropbear]\n", more="packages: [vim]\n"))
    assert [(part.owner, part.name) for part in source.parts] == [("child", "ssh"), ("base", "base"), ("child", "more")]
    assert config(source)["packages"] == ["dropbear", "a", "vim"]
    assert "ssh_pwauth" not in config(source)


def test_a_variable_is_replaced_by_its_name_where_it_stands():
    source = family(BASE, child("variables: [{name: port, type: int, default: 2222}, {name: extra}]\n"))
    assert [(v.name, v.default) for v in source.variables] == [("port", 2222), ("zone", "here"), ("extra", None)]
    assert config(source)["runcmd"] == ["one", "echo 2222"]


def test_what_two_parents_share_comes_once():
    left = {"metadata": "name: left\nextends: [base]\n", "body": "packages: [left]\n"}
    right = {"metadata": "name: right\nextends: [base]\n", "body": "packages: [right]\n"}
    source = family(BASE, left, right, {"metadata": "name: child\nextends: [left, right]\n"})
    assert config(source)["packages"] == ["sshd", "a", "left", "right"]
    assert [ancestor.name for ancestor in source.ancestors] == ["base", "left", "right"]


def test_the_checksum_follows_what_is_inherited():
    other = {**BASE, "body": str(BASE["body"]) + "#\n"}
    assert family(BASE, child()).checksum != family(other, child()).checksum
    assert family(BASE, child()).checksum == family(BASE, child()).checksum


@pytest.mark.parametrize(
    ("heir", "pointer", "words"),
    [
        (child("parts: [gone]\n"), "template.yaml, line 3, column 9", "there is no file parts/gone.yaml"),
        (child(stray="a: 1\n"), "parts/stray.yaml, line 1, column 1", "not among the parts"),
        (child("parts: [a, a]\n", a="a: 1\n"), "template.yaml, line 3, column 12", "twice"),
        (child("parts: [a]\n", a="a: [\n"), "parts/a.yaml, line 2, column 1", "not YAML"),
        (child("parts: [child]\n", "a: 1\n", child="b: 1\n"), "template.yaml, line 3, column 9", "the name of"),
        (
            child(body="a: 1\npackages: x\n"),
            "line 2, column 11",
            "a single value here and a list at base/parts/ssh.yaml",
        ),
        (child(body="runcmd: {a: b}\n"), "line 1, column 9", "a list at base/user-data.yaml, line 4, column 9"),
        (child("parts: [a, b]\n", a="x: 1\n", b="x: 2\n"), "parts/b.yaml, line 1, column 4", "parts/a.yaml, line 1"),
        (child("variables: [{name: port, type: string}]\n"), "template.yaml, line 3, column 32", "another type"),
        ({"metadata": "name: child\nextends: [base, none]\n"}, "template.yaml, line 2, column 17", "no template none"),
        ({"metadata": "name: child\n"}, "template.yaml, line 1, column 1", "neither user-data.yaml nor a part"),
    ],
)
def test_what_does_not_fit_together_is_refused_where_it_stands(heir, pointer, words):
    ((at, message),) = problems(BASE, heir)
    assert at == pointer and words in message


def test_two_parents_that_contradict_each_other_are_refused_until_the_heir_decides():
    other = {
        "metadata": "name: other\nparts: [ssh]\nvariables: [{name: port, type: int, default: 80}]\n",
        "body": "#cloud-config\nhostname: other\n", "parts": {"ssh": "ssh_pwauth: true\n"},
    }  # fmt: skip
    both = "name: child\nextends: [base, other]\n"
    found = problems(BASE, other, {"metadata": both})
    assert [at for at, _ in found] == ["template.yaml, line 2, column 17"] * 2
    assert "variable port" in found[0][1] and "part ssh" in found[1][1]
    decided = both + "parts: [ssh]\nvariables: [{name: port, type: int}]\n"
    ((at, message),) = problems(BASE, other, {"metadata": decided, "parts": {"ssh": "ssh_pwauth: true\n"}})
    assert at == "other/user-data.yaml, line 2, column 11" and "hostname is set otherwise" in message


def test_a_finding_in_an_inherited_part_names_its_file():
    source = family(BASE | {"body": "#cloud-config\npassword: hunter2\n"}, child())
    (finding,) = check(source, {"port": 22, "zone": "here"})
    assert finding.problem.pointer == "base/user-data.yaml, line 2, column 11"


def write(folder: Path, **extends: str) -> Path:
    for name, parents in extends.items():
        (folder / name / "parts").mkdir(parents=True)
        (folder / name / "template.yaml").write_text(f"name: {name}\nextends: [{parents}]\nparts: [{name}-part]\n")
        (folder / name / "parts" / f"{name}-part.yaml").write_text(f"packages: [{name}]\n")
    return folder


def test_a_folder_is_read_with_what_it_extends_first(tmp_path):
    write(tmp_path, a="b", b="c", c="")
    assert [source.name for source in discover(tmp_path)] == ["c", "b", "a"]
    assert config(read(tmp_path / "a"))["packages"] == ["c", "b", "a"]


def test_a_circle_is_told_and_not_followed(tmp_path):
    write(tmp_path, a="b", b="c", c="a")
    with pytest.raises(Invalid) as caught:
        Library(tmp_path).find("a")
    assert "a → b → c → a" in caught.value.problems[0].message
    with pytest.raises(Invalid) as caught:
        family(BASE, child(), {"metadata": "name: base\nextends: [child]\n"})
    assert "circle" in caught.value.problems[0].message


def test_what_does_not_lie_beside_it_may_be_known_elsewhere(tmp_path):
    write(tmp_path, a="base")
    with pytest.raises(Invalid, match="cannot be read"):
        read(tmp_path / "a")
    assert read(tmp_path / "a", lambda name: family(BASE)).parents[0].name == "base"
