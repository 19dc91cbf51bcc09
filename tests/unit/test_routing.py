"""Which queues a worker serves."""

import pytest

from gough.domain.errors import Invalid
from gough.jobs import routing


def test_a_worker_serves_the_queues_it_is_told_and_else_all_of_them() -> None:
    assert routing.chosen([]) == routing.QUEUES
    assert routing.chosen(["ansible", "ansible"]) == ("ansible",)
    with pytest.raises(Invalid) as error:
        routing.chosen(["default", "fast"])
    assert "'fast'" in error.value.problems[0].message
