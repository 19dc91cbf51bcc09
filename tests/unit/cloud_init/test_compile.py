import email
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gough.cloud_init import compile_user_data
from gough.cloud_init.mime import Part, assemble, take_apart
from gough.domain.errors import Invalid

PEM = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
data = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
configs = st.dictionaries(texts.filter(lambda key: key not in {"reporting", "write_files", "runcmd"}), data, max_size=4)
files = st.lists(st.fixed_dictionaries({"path": st.just("/etc/x"), "content": texts}), max_size=2)
FULL = {"hostname": "a", "write_files": [{"path": "/a", "content": "b"}], "runcmd": ["true"]}


def parts(user_data: bytes) -> dict[str, str]:
    return {part.filename: part.content for part in take_apart(user_data)}


def cloud_config(user_data: bytes):
    return yaml.safe_load(parts(user_data)["cloud-config.yaml"])


def test_the_parts_and_their_order(delivery):
    user_data = compile_user_data(FULL, delivery)
    assert user_data.startswith(b"MIME-Version: 1.0\nContent-Type: multipart/mixed;") and b"\r" not in user_data
    assert [(part.content_type, part.filename) for part in take_apart(user_data)] == [
        ("text/cloud-config", "cloud-config.yaml"),
        ("text/x-shellscript", "10-write-files.sh"),
        ("text/x-shellscript", "50-runcmd.sh"),
        ("text/x-shellscript", "90-gough-agent.sh"),
    ]


def test_a_script_that_would_be_empty_is_left_out(delivery):
    user_data = compile_user_data({"write_files": [], "runcmd": None}, delivery)
    assert list(parts(user_data)) == ["cloud-config.yaml", "90-gough-agent.sh"]


@settings(deadline=None)
@given(configs, files, st.lists(texts | st.lists(texts, min_size=1), max_size=2))
def test_the_delivered_config_is_the_templates_without_its_lists(delivery, config, write_files, runcmd):
    user_data = compile_user_data({**config, "write_files": write_files, "runcmd": runcmd}, delivery)
    delivered = cloud_config(user_data)
    assert not {"write_files", "runcmd"} & delivered.keys()
    assert {key: value for key, value in delivered.items() if key != "reporting"} == config
    assert user_data == compile_user_data({**config, "write_files": write_files, "runcmd": runcmd}, delivery)
    assert user_data.isascii()


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3))
def test_cloud_init_reads_back_what_was_put_in(contents):
    made = assemble([Part("text/x-shellscript", f"{n}.sh", content + "\n") for n, content in enumerate(contents)])
    # cloud-init parses user-data as text.
    message = email.message_from_string(made.decode())
    read = [part.get_payload(decode=True).decode() for part in message.get_payload()]  # type: ignore[union-attr]
    assert read == [content + "\n" for content in contents]


def test_reporting_is_added_beside_the_templates_own(delivery):
    delivered = cloud_config(compile_user_data({"reporting": {"log": {"type": "log"}}}, delivery))
    assert delivered["reporting"] == {
        "log": {"type": "log"},
        "gough": {
            "type": "webhook",
            "endpoint": "https://gough.example/api/v1/reports/cloud-init/report-token-of-this-deployment",
            "timeout": 5,
            "retries": 2,
        },
    }


@pytest.mark.parametrize("key", ["ca_certs", "ca-certs"])
def test_the_authority_is_added_to_the_templates_own(delivery, key):
    delivered = cloud_config(compile_user_data({key: {"trusted": ["mine"]}}, replace(delivery, ca_pem=PEM)))
    assert delivered[key] == {"trusted": ["mine", PEM]}
    assert "ca_certs" not in cloud_config(compile_user_data({}, delivery))


def test_two_secrets_and_no_more(delivery):
    user_data = compile_user_data(FULL, delivery)
    assert user_data.count(delivery.report_token.encode()) == 1
    assert user_data.count(delivery.enrolment_token.encode()) == 1
    assert delivery.report_token not in repr(delivery) and delivery.enrolment_token not in repr(delivery)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"public_url": "http://gough.example"}, "/public_url"),
        ({"public_url": "https://me:pw@gough.example"}, "/public_url"),
        ({"public_url": "https://gough.example/$(id)"}, "/public_url"),
        ({"report_token": "short"}, "/report_token"),
        ({"enrolment_token": "with\na line break in it"}, "/enrolment_token"),
        ({"server_id": "a b"}, "/server_id"),
        ({"interval_seconds": 0}, "/interval_seconds"),
        ({"ca_pem": "not a certificate"}, "/ca_pem"),
        ({"agent_checksums": {}}, "/agent_checksums"),
        ({"agent_checksums": {"../gough.db": "a" * 64}}, "/agent_checksums/../gough.db"),
        (
            {"agent_checksums": {"gough-agent_0.1.0_amd64.deb": "A" * 64}},
            "/agent_checksums/gough-agent_0.1.0_amd64.deb",
        ),
    ],
)
def test_a_delivery_that_servers_could_not_use_is_refused(delivery, change, pointer):
    with pytest.raises(Invalid) as caught:
        replace(delivery, **change)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({"runcmd": "reboot"}, "/runcmd"),
        ({"runcmd": ["a", {"b": 1}]}, "/runcmd/1"),
        ({"runcmd": [["a", None]]}, "/runcmd/0"),
        ({"runcmd": ["a\0"]}, "/runcmd/0"),
        ({"write_files": {}}, None),
        ({"write_files": {"path": "/a"}}, "/write_files"),
        ({"write_files": ["/a"]}, "/write_files/0"),
        ({"write_files": [{"path": "/a\0"}]}, "/write_files/0/path"),
        ({"write_files": [{"path": "/a", "content": {"b": 1}}]}, "/write_files/0/content"),
        ({"write_files": [{"path": "/a", "source": {"uri": "x"}}]}, "/write_files/0/source"),
        ({"reporting": "x"}, "/reporting"),
    ],
)
def test_what_cannot_be_compiled_is_refused_by_pointer(delivery, config, pointer):
    if pointer is None:
        assert compile_user_data(config, delivery)
        return
    with pytest.raises(Invalid) as caught:
        compile_user_data(config, delivery)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]
