"""Spans of time in words."""

from datetime import timedelta

import pytest

from yibao.lib.days import span_words

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(days=3), "3天"),
        (timedelta(hours=72), "3天"),
        (timedelta(hours=36), "36小时"),
        (timedelta(minutes=90), "90分钟"),
        (timedelta(seconds=45), "45秒"),
    ],
)
def test_a_span_is_said_in_the_largest_unit_that_leaves_no_rest(span, said):
    assert span_words(span) == said
