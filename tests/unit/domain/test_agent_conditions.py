"""An agent's states: every sign leads somewhere, nothing flaps on a limit, and the worst is what is shown."""

from hypothesis import given
from hypothesis import strategies as st

from gough.domain.agent_conditions import (
    CLOCK,
    CLONE,
    FORGOTTEN,
    SPOOL,
    THRESHOLDS,
    Condition,
    Sight,
    ended,
    findings,
    kind_of,
    standing,
    two_systems,
)
from gough.domain.agents import NEXT, AgentState, Sign

SIGNS = st.lists(st.sampled_from(Sign), max_size=30)
NAMES = st.sampled_from(["disk /", "collector disk", SPOOL, CLOCK, CLONE])


def disk(percent: float) -> Sight:
    filesystem = {"mountpoint": "/", "used_bytes": percent, "available_bytes": 100 - percent}
    return Sight({"disk": {"filesystems": [filesystem]}})


def test_every_state_knows_what_each_sign_means() -> None:
    assert set(NEXT) == {(state, sign) for state in AgentState for sign in Sign}


@given(st.sampled_from(AgentState), SIGNS)
def test_the_last_heartbeat_or_silence_decides_once_it_has_been_heard(state: AgentState, signs: list[Sign]) -> None:
    heard = state is not AgentState.ENROLLED
    for sign in signs:
        state = NEXT[state, sign]
        heard = heard or sign is Sign.HEARTBEAT
        assert (state is AgentState.ENROLLED) == (not heard)
        if heard:
            assert state is (AgentState.ONLINE if sign is Sign.HEARTBEAT else AgentState.OFFLINE)


@given(st.lists(st.floats(93.5, 96.5), min_size=1, max_size=40))
def test_a_disk_on_its_limit_is_told_once(percents: list[float]) -> None:
    held: set[str] = set()
    begun = 0
    for percent in percents:
        found = {finding.name for finding in findings(disk(percent), held)}
        begun += len(found - held)
        held = (held | found) - ended(held, found, disk(percent))
    assert begun <= 1


@given(st.floats(0, 92.9))
def test_a_disk_with_room_ends_what_was_told_of_it(percent: float) -> None:
    assert findings(disk(percent), {"disk /"}) == ()
    assert ended({"disk /"}, (), disk(percent)) == {"disk /"}


@given(st.dictionaries(NAMES, st.just("why")), st.sampled_from(AgentState))
def test_the_worst_is_what_an_agent_is_called(conditions: dict[str, str], state: AgentState) -> None:
    said = standing(state, conditions, "silent")
    if state is not AgentState.ONLINE:
        assert said.name == state.value
    elif conditions:
        assert said.name == min((kind_of(name) for name in conditions), key=list(Condition).index).value and said.reason
    else:
        assert (said.name, said.reason) == ("online", "")


@given(st.floats(-1e9, 1e9))
def test_a_clock_is_wrong_from_ten_minutes_on_either_side(skew: float) -> None:
    names = {finding.name for finding in findings(Sight(skew=skew))}
    assert (CLOCK in names) == (abs(skew) > 600)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=20))
def test_only_a_boot_that_comes_back_betrays_a_copy(boots: list[str]) -> None:
    ordered = list(dict.fromkeys(boots))
    known = before = ""
    for boot in [each for each in ordered for _ in range(3)]:
        assert not two_systems(boot, known, before), "machines may reboot"
        known, before = (boot, known) if boot != known else (known, before)
    assert two_systems("a", "b", "a")


FIELDS = st.sampled_from(["filesystems", "sensors", "disks", "celsius", "used_bytes"])
PLAIN = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3), max_leaves=20
)


@given(ANYTHING)
def test_whatever_a_sample_holds_it_is_looked_at_without_harm(value: object) -> None:
    findings(Sight(dict.fromkeys(("disk", "memory", "temperatures", "smart"), value)))


def test_what_no_heartbeat_ends_is_forgotten_in_time() -> None:
    assert ended({SPOOL, CLONE}, (), Sight()) == set()
    assert FORGOTTEN.keys() == {SPOOL, CLONE}
    assert all(limit.until <= limit.at for limit in THRESHOLDS)
