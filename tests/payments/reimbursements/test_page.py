"""The page of a reimbursement at the counter: two cards, one visit's invoices, papers, and off to the reviewer."""

import re
from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Case
from payments.models import Reimbursement
from tests.accounts.operations.counter_kit import Counter
from tests.factories.family import RUIAN, ZHOUSHAN, bond, insured
from tests.factories.users import signed_in
from tests.payments.reimbursements.test_counter import TYPED

pytestmark = pytest.mark.usefixtures("policies_loaded")


def test_a_relative_insured_elsewhere_is_scanned_and_the_visit_typed_on_one_page():
    counter = Counter()
    payer, parent = insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)
    bond(payer, parent, from_on=date(2026, 1, 1))
    clerk = signed_in(counter.clerk)
    clerk.post(reverse("counter_case_new"), {"kind": "reimburse", "typed": payer.certno})
    case = Case.objects.get()
    url = reverse("counter_case", args=[case.number])
    assert "看病的家人" in clerk.get(url).content.decode()
    for section, typed in (("scan", {"typed": str(parent.certno)}), ("asked", TYPED), ("seen", {"everything": "on"})):
        answer = clerk.post(url, {"section": section, "version": case.version, **typed})
        assert answer.status_code == 302, answer.content.decode()
        case.refresh_from_db()
    assert case.other == parent
    assert case.asked["payee"] == "尾号0005"
    page = clerk.get(url).content.decode()
    assert "从授权人的账户报销" in page
    assert "150.50" in page
    assert "6222" not in page
    assert re.search(
        r"至少填一张.*第1张的号码</label>.*第1张的日期</label>.*第1张个人负担（元）</label>", page, re.DOTALL
    )
    assert not Reimbursement.objects.exists()
