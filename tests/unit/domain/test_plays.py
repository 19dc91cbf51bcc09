"""What is said of a playbook's run, and the groups of its inventory."""

import pytest

from gough.domain.plays import groups, recap_in_words


@pytest.mark.parametrize(
    ("recap", "said"),
    [
        ({"ok": 12, "changed": 3, "skipped": 4}, "12 tasks ok, 3 changed"),
        ({"ok": 1}, "1 task ok"),
        ({"failed": 1, "unreachable": 0}, "0 tasks ok, 1 failed"),
    ],
)
def test_counts_are_said_as_people_say_them(recap: dict[str, int], said: str) -> None:
    assert recap_in_words(recap) == said


def test_names_of_groups_are_ones_that_ansible_takes() -> None:
    made = groups(template="docker-host", tags=["rack 7", "ssd"], pool="default", zone="z-1", region="eu", site="")
    assert "tag_rack_7" in made and "tag_ssd" in made and "template_docker_host" in made
    assert all(name.isidentifier() for name in made)
