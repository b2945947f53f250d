"""Answers that were laid aside are worked off by people: mended and confirmed, or given up; never dropped by themselves."""

import pytest

from accounts.codes import HeldState
from accounts.models import AuditEvent, HeldRow
from accounts.roster import held
from accounts.roster.held import HeldRowError
from payments.models import TaxAnswer
from payments.premiums.codes import OrderState
from tests.factories.acts import act_on
from tests.payments.tax_office.kit import ANSWERED_ON, answer, imported, results_file
from tests.payments.tax_office.orders import handed_over

pytestmark = pytest.mark.usefixtures("policies_loaded")

ACT = act_on(ANSWERED_ON)


@pytest.fixture
def order(policies_loaded):
    return handed_over(1)[1][0]


@pytest.fixture
def misspelt(order, tmp_path) -> HeldRow:
    """An answer whose order number somebody at the tax office has typed wrongly."""
    imported("import_premium_results", results_file(tmp_path / "r.csv", [answer(order, order_no=f"{order.no}X")]))
    return HeldRow.objects.get()


def test_a_mended_number_lets_the_answer_in_and_it_is_carried_out(order, misspelt, django_capture_on_commit_callbacks):
    held.mend(act=ACT, row_id=misspelt.pk, cells={"order_no": order.no})
    with django_capture_on_commit_callbacks(execute=True):
        (result,) = held.confirm(act=ACT, ids=[misspelt.pk])
    order.refresh_from_db()
    misspelt.refresh_from_db()
    assert (result.premium_answers, order.state, misspelt.state) == (1, OrderState.CONFIRMED, HeldState.CONFIRMED)


def test_as_it_stands_it_cannot_be_confirmed_by_anybody(order, misspelt):
    with pytest.raises(HeldRowError, match="没有这张代缴单"):
        held.confirm(act=ACT, ids=[misspelt.pk])
    misspelt.refresh_from_db()
    assert misspelt.state == HeldState.WAITING


def test_given_up_it_stays_on_record_and_moves_nothing(order, misspelt):
    held.drop(act=ACT, ids=[misspelt.pk])
    order.refresh_from_db()
    assert (order.state, HeldRow.objects.get().state) == (OrderState.HANDED_OVER, HeldState.DROPPED)
    assert AuditEvent.objects.filter(verb="held_row.dropped").exists()
    assert not TaxAnswer.objects.exists()
