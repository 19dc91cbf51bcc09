import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gough.domain.variables import Variable, VariableType, check_values

ED25519 = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)
KEY = "ssh-ed25519 " + base64.b64encode(ED25519).decode()

anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)


def one(variable: Variable, raw: object) -> object:
    """The value, or the message of its problem."""
    values, problems = check_values([variable], {variable.name: raw})
    return problems[0].message if problems else values[variable.name]


def variable(kind: str, **limits: object) -> Variable:
    return Variable("x", VariableType(kind), **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("int", "8080", 8080),
        ("int", "-1", -1),
        ("int", 0, 0),
        ("bool", "true", True),
        ("bool", "false", False),
        ("network", "10.0.0.0/24", "10.0.0.0/24"),
        ("network", "2001:DB8::1", "2001:db8::1"),
        ("ssh-key", KEY + " ada@example\n", KEY + " ada@example"),
        ("list", "a\n\n b\n", ("a", "b")),
        ("list", '["a", "b c"]', ("a", "b c")),
        ("list", "", ()),
        ("secret", "correct horse", "correct horse"),
    ],
)
def test_exact_forms_are_read(kind, raw, value):
    assert one(variable(kind), raw) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("int", " 8080"), ("int", "8080.0"), ("int", "0x1f"), ("int", "08"), ("int", "٣"), ("int", True), ("int", 1.0),
        ("int", 2**63), ("int", "-0"), ("bool", "yes"), ("bool", "True"), ("bool", 1), ("string", 5),
        ("string", "a\0b"),
        ("string", "\ud800"), ("string", "x" * 16_385), ("network", "10.0.0.1/24"), ("network", "example.net"),
        ("secret", "short"), ("list", 5), ("list", "[1"), ("list", ["a", 5]), ("list", ["a"] * 1001),
        ("ssh-key", "ssh-ed25519 AAAA"), ("ssh-key", KEY.replace("ssh-ed25519", "ssh-rsa")),
        ("ssh-key", KEY + "\n" + KEY), ("ssh-key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ],
)  # fmt: skip
def test_everything_else_is_refused(kind, raw):
    values, problems = check_values([variable(kind)], {"x": raw})
    assert values == {} and [p.pointer for p in problems] == ["/variables/x"]


@pytest.mark.parametrize(
    ("limited", "raw", "message"),
    [
        (variable("int", minimum=1, maximum=9), 10, "expected at most 9"),
        (variable("string", minimum=2), "a", "expected at least 2 characters"),
        (variable("list", minimum=1), [], "expected at least 1 items"),
        (variable("list", pattern="[a-z]+"), ["a", "B"], "item 2: expected text that matches [a-z]+"),
        (variable("enum", choices=("a", "b")), "c", "expected one of a, b"),
        (variable("string", pattern="[a-z]+"), "abc\n", "expected text that matches [a-z]+"),
        (variable("list", item_type=VariableType.INT), ["1", "x"], "item 2: expected a whole number"),
        (variable("list", item_type=VariableType.INT, item_maximum=9), ["9", "10"], "item 2: expected at most 9"),
        (variable("list", minimum=1, maximum=2), ["a", "b", "c"], "expected at most 2 items"),
        (variable("network", minimum=16), "10.0.0.0/8", "expected at least 16 bits of prefix"),
        (
            variable("network", within=("10.0.0.0/8", "fd00::/8")),
            "172.16.0.1",
            "expected one within 10.0.0.0/8 or fd00::/8",
        ),
        (variable("network", within=("10.1.0.0/16",)), "10.0.0.0/8", "expected one within 10.1.0.0/16"),
        (variable("network", form="address"), "10.0.0.0/8", "expected an address, such as 10.0.0.7"),
        (
            variable("network", form="network"),
            "10.0.0.7/8",
            "expected a network without host bits (10.0.0.0/24); this is an address with its network",
        ),
        (variable("network", form="network"), "10.0.0.7", "expected a network in CIDR form, such as 10.0.0.0/24"),
        (
            variable("network", form="interface"),
            "10.0.0.0/8",
            "expected an address with its network's prefix, such as 10.0.0.7/24",
        ),
    ],
)
def test_limits_hold(limited, raw, message):
    assert one(limited, raw) == message


@pytest.mark.parametrize(
    ("form", "raw", "value"),
    [
        ("address", "FD00::1", "fd00::1"),
        ("network", "10.0.0.0/8", "10.0.0.0/8"),
        ("interface", "10.0.0.7/24", "10.0.0.7/24"),
    ],
)
def test_a_network_may_be_narrowed_to_one_form(form, raw, value):
    assert one(variable("network", form=form, within=("10.0.0.0/8", "fd00::/8")), raw) == value


def test_a_value_may_be_required_only_when_another_has_a_certain_value():
    role = Variable("role", VariableType.ENUM, default="worker", choices=("worker", "manager"))
    join = Variable("join", VariableType.SECRET, required_when=(("role", "worker"),))
    message = "a value is required when role is worker"
    assert [p.message for p in check_values([role, join], {})[1]] == [message]
    assert check_values([role, join], {"role": "manager"})[1] == ()
    assert check_values([role, join], {"join": "a secret of it"})[1] == ()


def test_all_problems_are_told_at_once_and_values_are_not_repeated():
    asked = [Variable("a", required=True), Variable("b", VariableType.INT), Variable("c", VariableType.SECRET)]
    values, problems = check_values(asked, {"b": "no", "c": "hunter2", "d/e": 1})
    assert [p.pointer for p in problems] == ["/variables/d~1e", "/variables/a", "/variables/b", "/variables/c"]
    assert values == {}
    assert "hunter2" not in repr(problems)


def test_defaults_are_filled_and_the_rest_is_empty():
    asked = [Variable("a", default="x"), Variable("b"), Variable("c", VariableType.LIST), Variable("d", default="y")]
    assert check_values(asked, {"d": None}) == ({"a": "x", "b": None, "c": (), "d": "y"}, ())


@given(st.sampled_from(list(VariableType)), st.sampled_from(["string", "int", "bool", "network"]), anything)
def test_a_value_is_of_its_type_or_a_problem(kind, items, raw):
    asked = Variable("x", kind, item_type=VariableType(items), choices=("a",) if kind is VariableType.ENUM else ())
    values, problems = check_values([asked], {"x": raw})
    assert bool(problems) != ("x" in values)
    if raw is not None and not problems:
        expected = {VariableType.INT: int, VariableType.BOOL: bool, VariableType.LIST: tuple}.get(kind, str)
        assert type(values["x"]) is expected


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_number_and_its_text_are_the_same(number):
    assert one(variable("int"), str(number)) == one(variable("int"), number) == number


@given(st.sampled_from([k for k in VariableType if k is not VariableType.LIST]), anything)
def test_a_checked_value_checks_as_itself(kind, raw):
    values, problems = check_values([variable(kind)], {"x": raw})
    if not problems:
        assert check_values([variable(kind)], values) == (values, ())
