from gough.domain.host_binding import Binding, By, Known, bind


def bound(host: Known, *machines: Known) -> Binding:
    return bind([host], machines)[host.id]


def test_the_strongest_mark_wins():
    host = Known("h", "U-1", "S-1", "web-1.example")
    assert bound(host, Known("a", "u-1", "", "x"), Known("c", "", "", "web-1")) == Binding(By.UUID, "a")
    assert bound(host, Known("b", "", "s-1", "x"), Known("c", "", "", "web-1")) == Binding(By.SERIAL, "b")
    assert bound(host, Known("c", "", "", "web-1")) == Binding(By.HOSTNAME, "c")
    assert bound(host, Known("d", "u-2", "s-2", "web-2")).by is By.NONE


def test_marks_that_contradict_each_other_bind_nothing():
    host = Known("h", "u-1", "s-1", "web-1")
    two = bound(host, Known("a", "u-1", "s-9", "web-1"), Known("b", "u-9", "s-1", "web-2"))
    assert (two.by, two.machine_id) == (By.CONFLICT, None)
    reused_name = bound(host, Known("a", "u-7", "", "web-1"))
    assert reused_name.by is By.CONFLICT
    assert "web-1" in reused_name.reason and "UUID" in reused_name.reason


def test_a_replaced_board_with_the_same_uuid_is_still_the_machine():
    host = Known("h", "u-1", "s-new", "web-1")
    assert bound(host, Known("a", "u-1", "s-old", "web-1")) == Binding(By.UUID, "a")


def test_what_boards_say_that_were_never_labelled_is_no_mark():
    host = Known("h", "03000200-0400-0500-0006-000700080009", "To Be Filled By O.E.M.", "web-1")
    twin = Known("a", "03000200-0400-0500-0006-000700080009", "to be filled by o.e.m.", "web-2")
    assert bound(host, twin).by is By.NONE


def test_several_machines_with_one_mark_are_named():
    host = Known("h", "", "s-1", "web-9")
    several = bound(host, Known("a", "", "s-1", "web-1"), Known("b", "", "s-1", "web-2"))
    assert several.by is By.CONFLICT
    assert "web-1, web-2" in several.reason


def test_two_hosts_that_would_be_one_machine():
    machine = Known("a", "u-1", "s-1", "web-1")
    same = bind([Known("h1", "u-1", "", "web-1"), Known("h2", "u-1", "", "old-1")], [machine])
    assert {each.by for each in same.values()} == {By.CONFLICT}
    assert "old-1" in same["h1"].reason
    stronger = bind([Known("h1", "u-1", "", "web-1"), Known("h2", "", "", "web-1")], [machine])
    assert stronger["h1"] == Binding(By.UUID, "a")
    assert stronger["h2"].by is By.CONFLICT
