"""A counter with a kind of case made for these tests."""

import pytest

from accounts.forms import counter as forms
from accounts.operations.cases import handlers
from tests.accounts.counter.invented_kind import HANDLER, KIND, RelationForm
from tests.accounts.operations.counter_kit import Counter


@pytest.fixture
def counter(policies_loaded, monkeypatch) -> Counter:
    monkeypatch.setitem(handlers._handlers, KIND, HANDLER)
    monkeypatch.setitem(forms._forms, KIND, RelationForm)
    return Counter()
