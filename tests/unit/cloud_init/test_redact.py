import base64
import gzip
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from gough.cloud_init import compile_user_data, prepare, redact

secrets = st.text(st.characters(exclude_characters="\0*", exclude_categories=["Cs"]), min_size=8, max_size=30)
BODY = """\
users:
  - name: a
    passwd: "{{ pw }}"
write_files:
  - {path: /etc/a, content: "x {{ pw }} y"}
runcmd:
  - [login, "{{ pw }}"]
  - echo {{ pw | quote }}
  - [sh, -c, "echo {{ pw | quote }}"]
"""


def uncovered(shown: str) -> str:
    """The text, and everything in it that is base64, decoded."""
    blobs = re.findall(r"printf %s '([A-Za-z0-9+/=\s]*)'", shown)
    return shown + "".join(base64.b64decode(blob).decode() for blob in blobs)


@settings(deadline=None)
@given(secrets)
def test_no_secret_is_left(template, delivery, machine, secret):
    prepared = prepare(template(BODY, "[{name: pw, type: secret}]"), {"pw": secret}, machine, delivery)
    open_text = uncovered(prepared.redacted)
    assert prepared.user_data != prepared.redacted.encode()
    for hidden in (secret, delivery.enrolment_token, delivery.report_token):
        assert hidden not in open_text
    assert open_text.count("***") >= 6


def test_what_is_not_secret_stays_readable(delivery):
    config = {"hostname": "a", "write_files": [{"path": "/é", "content": "user=me pass=hunter2hunter2"}]}
    shown = redact(compile_user_data(config, delivery), ["hunter2hunter2"])
    assert "hostname: a\n" in shown and "put '/é' 0644" in shown
    assert "user=me pass=***" in uncovered(shown)
    assert "enrolment-token" in shown  # only what is named is hidden


def test_compressed_content_is_looked_into(delivery):
    packed = base64.b64encode(gzip.compress(b"pass=hunter2hunter2")).decode()
    config = {"write_files": [{"path": "/a", "content": packed, "encoding": "gz+b64"}]}
    assert uncovered(redact(compile_user_data(config, delivery), ["hunter2hunter2"])).endswith("pass=***")


def test_any_bytes_can_be_shown():
    assert "a *** \ufffd" in redact(b"a hunter2hunter2 \xff", ["hunter2hunter2", ""])


def test_a_secret_within_a_secret_and_one_that_closes_up():
    assert "hunter" not in redact(b"hunter2hunter2 hunter2", ["hunter2", "hunter2hunter2"])
    assert "abcdabcd" not in redact(b"abcdabcdabcd", ["abcdabcd"])
