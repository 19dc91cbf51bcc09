import base64

import pytest

from gough.cloud_init import Severity, TemplateSource, check, discover, sample_values
from gough.cloud_init.schema import faults, unknown_keys
from gough.domain.variables import Value

HASH = "$6$" + "rounds=4096$saltsalt$" + "a" * 40
KEY = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\\nabc"
TOKEN = "ghp_" + "a" * 36
ENCODED = base64.b64encode(TOKEN.encode()).decode()


def found(source: TemplateSource, **values: Value) -> list[tuple[str, int, int, str]]:
    findings = check(source, {**sample_values(source.variables), **values})
    return [(f.severity.value, f.line, f.column, f.message) for f in findings]


@pytest.mark.parametrize(
    ("body", "line", "column", "words"),
    [
        ("## template: jinja\n#cloud-config\na: 1", 1, 1, "## template: jinja"),
        ("#!/bin/sh\na: 1", 1, 1, "another kind"),
        ("hostname: x\nreporting:\n  gough: {type: log}", 3, 10, "reporting.gough may not be set"),
        ("reporting:\n  maas: {type: log}", 2, 9, "MAAS learns"),
        ("datasource: {MAAS: {}}", 1, 13, "MAAS"),
        ("cloud_final_modules: []", 1, 22, "leave"),
        ("vendor_data: {enabled: false}", 1, 24, "vendor-data"),
        ("users:\n  - name: a\n    passwd: " + HASH, 3, 13, "a password hash"),
        ("password: hunter2", 1, 11, "a password"),
        ("chpasswd:\n  list: |\n    root:hunter2", 2, 9, "a password"),
        ('ssh_keys: {rsa_private: "' + KEY + '"}', 1, 25, "a private key"),
        (f"runcmd:\n  - [curl, {TOKEN}]", 2, 12, "a GitHub token"),
        ("runcmd:\n  - curl https://me:pass@example.net/", 2, 5, "a password in an address"),
        (f"write_files:\n  - {{path: /a, encoding: b64, content: {ENCODED}}}", 2, 40, "GitHub"),
        ("packages: 5", 1, 11, "5"),
        ("write_files:\n  - path: /a\n    colour: red", 2, 5, "colour"),
        ("write_files:\n  - path: a/b", 2, 11, "absolute"),
        ("write_files:\n  - path: /a/../b", 2, 11, "absolute"),
        ('write_files:\n  - {path: /a, permissions: "rw"}', 2, 29, "octal"),
        ('write_files:\n  - {path: /a, owner: "-x"}', 2, 23, "user"),
        ("write_files:\n  - {path: /a, encoding: gz, content: x}", 2, 26, "gz+b64"),
        ("write_files:\n  - {path: /a, encoding: b64, content: x}", 2, 40, "base64"),
        ('hostname: "{{ nope }}"', 1, 11, "'nope' is undefined"),
    ],
)
def test_a_bad_template_is_refused_at_the_right_place(template, body, line, column, words):
    errors = [f for f in found(template(body + "\n")) if f[0] == "error"]
    assert any((at, col) == (line, column) and words in message for _, at, col, message in errors), errors


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("hostname: x\ncolor: red", 2, "knows no key color"),
        ("phone_home: {url: https://example.net/}", 1, "phone_home"),
        ('runcmd:\n  - "echo {{ text }}"', 2, "text | quote"),
        ("write_files:\n  - {path: /a}\n  - {path: /a, append: true}\n  - {path: /a}", 4, "/a is written before"),
    ],
)
def test_what_is_only_doubtful_is_a_warning(template, body, line, words):
    source = template(body + "\n", "[{name: text}, {name: number, type: int}]")
    ((severity, at, _, message),) = found(source)
    assert (severity, at) == ("warning", line) and words in message


def test_quoted_texts_and_numbers_in_a_shell_line_are_fine(template):
    source = template('runcmd: ["echo {{ text | quote }} {{ number }}"]\n', "[{name: text}, {name: number, type: int}]")
    assert found(source) == []


def test_a_password_from_a_secret_variable_is_fine_and_from_a_text_it_is_not(template):
    body = 'users:\n  - name: a\n    passwd: "{{ pw }}"\n'
    assert found(template(body, "[{name: pw, type: secret}]"), pw=HASH) == []
    assert found(template(body, "[{name: pw}]"), pw=HASH)[0][0] == "error"


def test_a_message_never_repeats_a_secret(template):
    source = template('hostname: {a: "{{ pw }}"}\n', "[{name: pw, type: secret}]")
    findings = found(source, pw="hunter2 hunter2\n")
    assert findings and "hunter2" not in repr(findings)


def test_what_is_too_large_for_maas_is_refused(template):
    body = "write_files:\n" + "".join(f'  - {{path: /f{n}, content: "{{{{ v }}}}"}}\n' for n in range(60))
    findings = found(template(body, "[{name: v}]"), v="x" * 16_000)
    assert "at most 1048576" in findings[0][3]


def test_the_library_has_nothing_to_complain_about(library):
    for source in discover(library):
        assert check(source, sample_values(source.variables)) == ()


def test_our_own_schema_serves_where_cloud_init_is_not_installed(tmp_path, library):
    absent = tmp_path / "none.json"
    assert [f.path for f in faults({"packages": 5, "write_files": [{"content": "x"}]}, absent)] == [
        ("packages",),
        ("write_files", 0),
    ]
    assert unknown_keys({"color": 1, "snap": 1, "packages": 1}, absent) == ["color"]
    config = {"users": ["default", {"name": "a", "groups": ["b"]}], "runcmd": [["a", "b"], "c"], "timezone": "UTC"}
    assert list(faults(config, absent)) == []


def test_findings_come_in_the_order_of_the_body(template):
    findings = check(template("color: 1\npassword: hunter2\ncolour: 2\n"), {})
    assert [f.line for f in findings] == [1, 2, 3]
    assert [f.severity for f in findings] == [Severity.WARNING, Severity.ERROR, Severity.WARNING]
