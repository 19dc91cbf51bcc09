import pytest

from gough.cloud_init import discover, parse, read
from gough.domain.errors import Invalid, NotFound
from gough.domain.variables import Variable, VariableType

GOOD = "name: web\ndescription: A web server.\nseries: jammy\nvariables:\n  - {name: port, type: int, default: 80}\n"
BODY = "#cloud-config\nhostname: x\n"


def problems(metadata: str, body: str = BODY) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        parse(metadata, body)
    return [(p.pointer, p.message) for p in caught.value.problems]


def test_a_template_is_what_its_two_texts_say():
    source = parse(GOOD, BODY)
    assert (source.name, source.description, source.series) == ("web", "A web server.", "jammy")
    assert source.variables == (Variable("port", VariableType.INT, default=80),)
    assert parse("name: web\n", BODY).series == "noble"


def test_the_checksum_follows_the_content_and_not_its_spelling():
    same = "# a comment\n" + GOOD.replace("A web server.", '"A web server."')
    assert parse(same, BODY.replace("\n", "\r\n")).checksum == parse(GOOD, BODY).checksum
    others = [(GOOD, BODY + "#\n"), (GOOD.replace("80", "81"), BODY), (GOOD.replace("jammy", "noble"), BODY)]
    for metadata, body in others:
        assert parse(metadata, body).checksum != parse(GOOD, BODY).checksum


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ("a: [1\nb: 2\n", "line 2, column 2", "not YAML"),
        ("a: 1\na: 2\n", "line 2, column 1", "twice"),
        ("hostname: {{ name }}\n", "line 1, column 12", "quotes"),
        ("a: 1\n{% if x %}\n", "line 2, column 2", "inside a text"),
        ("a: !!python/object:os.system {}\n", "line 1, column 4", "tag"),
        ("a: 1\nb: !!binary aGk=\n", "line 2, column 4", "!!binary"),
        ("- a\n", "line 1, column 1", "mapping"),
        ("", "line 1, column 1", "mapping"),
        ("a: &a {b: *a}\n", "line 1, column 4", "contains itself"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", "line 3, column 3", "merge"),
        ("a: " + "[" * 5000, "line 1, column 1", "deep"),
        ("a: 1\nb: \x01\n", "line 2, column 4", "not YAML"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1", "not YAML"),
    ],
)
def test_a_bad_body_is_refused_where_it_is_bad(body, pointer, words):
    ((at, message),) = problems(GOOD, body)
    assert at == pointer and words in message


def test_aliases_cannot_make_a_small_text_endless():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    ((_, message),) = problems(GOOD, "\n".join(lines))
    assert "too large" in message


@pytest.mark.parametrize(
    ("definition", "column", "words"),
    [
        ("{type: int}", 5, "name: Field required"),
        ("{name: Bad}", 12, "small letters"),
        ("{name: machine}", 12, "means something else"),
        ("{name: for}", 12, "means something else"),
        ("{name: a, type: float}", 21, "type:"),
        ("{name: a, colour: red}", 23, "colour:"),
        ("{name: a, type: secret, default: abcdefghij}", 38, "a secret has no default"),
        ("{name: a, type: int, default: x}", 35, "default: expected a whole number"),
        ("{name: a, default: x, required: true}", 24, "leave out one"),
        ("{name: a, type: enum}", 21, "needs choices"),
        ("{name: a, pattern: '['}", 24, "not a regular expression"),
        ("{name: a, minimum: 3, maximum: 1}", 24, "greater"),
        ("{name: a, type: list, items: secret}", 34, "items:"),
        ("{name: a, pattern: 'x$'}", 24, "whole text"),
        ("{name: a, type: int, pattern: x}", 35, "means nothing for the type int"),
        ("{name: a, type: list, items: int, choices: ['1']}", 48, "means nothing for the type int"),
        ("{name: a, type: list, item_minimum: 3, item_maximum: 1}", 41, "greater than item_maximum"),
        ("{name: a, type: enum, choices: [x], default: y}", 50, "expected one of x"),
        ("{name: a, pattern: '[a-z]', choices: [x, Y]}", 42, "Y: expected text that matches"),
        ("{name: a, type: network, within: [10.0.0.1/8]}", 38, "10.0.0.1/8 is not a network"),
        ("{name: a, type: network, within: [10.0.0.0/8], default: 192.0.2.1}", 61, "within 10.0.0.0/8"),
        ("{name: a, type: network, form: mask}", 36, "form:"),
        ("{name: a, required_when: {b: x}}", 30, "there is no text, number or choice b"),
    ],
)
def test_a_bad_variable_is_refused_where_it_is_bad(definition, column, words):
    ((at, message),) = problems(f"name: web\nvariables:\n  - {definition}\n")
    assert at == f"template.yaml, line 3, column {column}" and words in message


def test_everything_wrong_is_told_at_once():
    found = problems("name: Web!\nseries: 24.04\nowner: me\nvariables: [{name: a}, {name: a}]\n", "a: 1\na: 2\n")
    assert [at for at, _ in found] == [
        "template.yaml, line 1, column 7",
        "template.yaml, line 2, column 9",
        "template.yaml, line 3, column 1",
        "template.yaml, line 4, column 31",
        "line 2, column 1",
    ]


def test_the_library_is_read_by_name_and_tells_of_all_that_is_broken(tmp_path):
    for name, metadata in (("b", "name: b"), ("a", "name: a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "template.yaml").write_text(metadata)
        (tmp_path / name / "user-data.yaml").write_text(BODY)
    assert [source.name for source in discover(tmp_path)] == ["a", "b"]
    with pytest.raises(NotFound):
        read(tmp_path / "c")
    (tmp_path / "a" / "user-data.yaml").unlink()
    (tmp_path / "b" / "template.yaml").write_text("name: other")
    with pytest.raises(Invalid) as caught:
        discover(tmp_path)
    assert len(caught.value.problems) == 2
