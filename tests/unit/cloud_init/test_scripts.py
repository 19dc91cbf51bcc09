import base64
import gzip
import os
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gough.cloud_init import runcmd, write_files

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
names = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=40)
# The fixtures are the same for every example, and each example writes the files anew.
with_a_shell = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@with_a_shell
@given(names.filter(lambda name: name not in {".", ".."}), texts)
def test_a_file_is_written_as_it_was_given(run, tmp_path, name, content):
    done = run(write_files.script([{"path": f"/etc/{name}", "content": content}]), root=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    written = tmp_path / "etc" / name
    assert list((tmp_path / "etc").iterdir()) == [written]
    assert written.read_bytes() == content.encode()
    written.unlink()


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("b64", base64.b64encode(b"\0\xff binary").decode()),
        ("base64", "AP8g\nYmluYXJ5\n"),
        ("gz+b64", base64.b64encode(gzip.compress(b"\0\xff binary", mtime=0)).decode()),
        ("gzip+base64", base64.encodebytes(gzip.compress(b"\0\xff binary", mtime=0)).decode()),
    ],
)
def test_encoded_content_is_decoded(run, tmp_path, encoding, content):
    done = run(write_files.script([{"path": "/a", "content": content, "encoding": encoding}]), root=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a").read_bytes() == b"\0\xff binary"


@pytest.mark.parametrize(
    ("permissions", "mode"),
    [("0600", 0o600), ("755", 0o755), ("0o640", 0o640), (0o644, 0o644), ("4755", 0o4755), (None, 0o644)],
)
def test_modes(run, tmp_path, permissions, mode):
    entry = {"path": "/deep/er/a", "content": "x", **({"permissions": permissions} if permissions else {})}
    assert run(write_files.script([entry]), root=tmp_path).returncode == 0
    assert (tmp_path / "deep/er/a").stat().st_mode & 0o7777 == mode
    assert (tmp_path / "deep/er").stat().st_mode & 0o777 == 0o755


def test_append_adds_to_what_is_there_and_replacing_replaces(run, tmp_path):
    (tmp_path / "a").write_text("old\n")
    entries = [{"path": "/a", "content": "new\n", "append": True}, {"path": "/b", "content": "x", "append": True}]
    assert run(write_files.script(entries), root=tmp_path).returncode == 0
    assert (tmp_path / "a").read_text() == "old\nnew\n" and (tmp_path / "b").read_text() == "x"
    run(write_files.script([{"path": "/a"}]), root=tmp_path)
    assert (tmp_path / "a").read_text() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_is_set(run, tmp_path):
    assert run(write_files.script([{"path": "/a", "owner": "daemon:mail"}]), root=tmp_path).returncode == 0
    assert ((tmp_path / "a").owner(), (tmp_path / "a").group()) == ("daemon", "mail")


def test_a_directory_in_the_way_stops_the_script(run, tmp_path):
    (tmp_path / "a").mkdir()
    done = run(write_files.script([{"path": "/a"}, {"path": "/b"}]), root=tmp_path)
    assert done.returncode != 0 and "is a directory" in done.stderr
    assert not (tmp_path / "b").exists()


@with_a_shell
@given(st.lists(texts, min_size=1, max_size=4))
def test_the_words_of_a_command_arrive_as_they_are(run, words):
    script = runcmd.script([["printf", "%s\\0", *words]])
    done = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True, check=False)
    assert done.stdout == b"".join(word.encode() + b"\0" for word in words)


@with_a_shell
@given(st.text("'\"\\(){} \n#:"))  # what opens and closes things, and nothing that could run a program or name a file
def test_a_line_that_is_no_shell_swallows_nothing_of_its_neighbours(run, line):
    done = run(runcmd.script([["printf", "first"], line, ["printf", " last"]]))
    assert done.stdout == ("first" if done.returncode else "first last")


def test_items_share_one_shell(run, tmp_path):
    done = run(runcmd.script([f"cd {tmp_path}", "x=1\ny=2", None, 'echo "$PWD $x$y"', ["echo", 5, True]]))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path} 12\n5 true\n")


@pytest.mark.parametrize(
    ("item", "status"),
    [
        ("false", 1), ("false && true", 1), ("true | (exit 3)", 3), ("false\ntrue", 1), (["sh", "-c", "exit 7"], 7),
        ("exit 4", 4), ("nosuchcommand-x", 127), ('echo "open', 2), ("if true; then", 2),
    ],
)  # fmt: skip
def test_the_first_failure_stops_with_its_number(run, item, status):
    done = run(runcmd.script([["echo", "one"], item, ["echo", "three"]]))
    assert (done.returncode, done.stdout) == (status, "one\n")
    assert f"gough: runcmd item 2 failed with exit status {status}\n" in done.stderr


@pytest.mark.parametrize("item", ["false || true", "if false; then true; fi", "! false", "echo \\", "# a comment"])
def test_what_a_shell_calls_success_goes_on(run, item):
    done = run(runcmd.script([item, ["echo", "next"]]))
    assert done.returncode == 0 and done.stdout.endswith("next\n")


def test_shellcheck_has_nothing_to_say(shellcheck, delivery):
    from gough.cloud_init import installer

    scripts = [
        write_files.script([{"path": "/it's", "content": "x", "owner": "a:b"}]),
        runcmd.script(["echo a", ["echo", "it's"]]),
        installer.script(delivery),
    ]
    for script in scripts:
        done = subprocess.run([shellcheck, "-s", "sh", "-"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
