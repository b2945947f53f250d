"""A few hundred random operations agree with the reference model; `python -m tests.chaos.model` does many thousands."""

import pytest

from accounts.jobs.yearly import unpaid
from tests.chaos.model import soak
from tests.chaos.world import World

OPERATIONS = 300


@pytest.mark.usefixtures("policies_loaded")
def test_the_ledger_never_differs_from_the_model():
    """The seed is fixed: the suite is the same every day. The soak takes other ones."""
    done = soak(OPERATIONS, "suite d")
    assert done.total() == OPERATIONS
    reached = {"spend: not enough", "reverse: reversed before", "request changed: key reused", "close: closed"}
    assert reached <= set(done)
    assert unpaid.ONE_IN == 20  # what it sets aside for its few people holds for whoever comes next


@pytest.mark.usefixtures("policies_loaded")
def test_the_model_notices_a_fen():
    world = World("a fen")
    for _ in range(20):
        world.operate()
    world.books["330900"].people[0].carried += 1
    with pytest.raises(AssertionError, match="the model says"):
        world.operate()
