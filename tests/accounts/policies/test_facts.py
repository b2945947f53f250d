"""Facts survive being kept beside the amount."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policies.formulas import InterestFacts, MonthFacts, Span, YearFacts, pack, unpack

pytestmark = pytest.mark.unit

FEN = st.integers(0, 10**12)
MONTHS = st.builds(
    MonthFacts,
    st.sampled_from(["employee", "flex", "retiree"]),
    st.none() | FEN,
    st.integers(0, 150),
    st.none() | FEN,
    st.booleans(),
)
SPANS = st.lists(st.builds(Span, MONTHS, st.integers(1, 12), st.text(max_size=20)), max_size=4).map(tuple)
YEARS = st.builds(YearFacts, SPANS, st.none() | st.integers())


@given(MONTHS | YEARS | st.builds(InterestFacts, st.integers(), FEN))
def test_packed_facts_come_back_the_same(facts):
    assert unpack(pack(facts)) == facts
    assert type(unpack(pack(facts))) is type(facts)
    assert unpack(json.loads(pack(facts))) == facts


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (MonthFacts("employee", 446_200, 40), '{"capacity":"employee","age":40,"base_fen":446200}'),
        (MonthFacts("retiree", None, 65), '{"capacity":"retiree","age":65}'),
        (
            YearFacts((Span(MonthFacts("flex", None, 30), 9, "17"),)),
            '{"spans":[{"months":9,"version":"17","capacity":"flex","age":30}]}',
        ),
        (YearFacts((), 107_088), '{"spans":[],"credited_fen":107088}'),
    ],
)
def test_what_is_empty_takes_no_room(facts, text):
    assert pack(facts) == text
