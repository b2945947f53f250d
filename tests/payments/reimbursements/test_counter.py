"""家人异地费用手工报销 at a counter: filled in, seen before it is done, done, and taken back (seed S3, 7)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.codes import CaseKind, Role
from accounts.ledger.verify import findings
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalError
from accounts.operations.cases import deciding, desk, undoing
from accounts.operations.cases.access import CaseError
from payments.forms.counter import ReimburseForm
from payments.models import Reimbursement
from payments.reimbursements.codes import ReimbursementState
from payments.reimbursements.counter import NOT_ASKED, PAPERS
from tests.accounts.operations.counter_kit import Counter
from tests.factories.family import RUIAN, ZHOUSHAN, balance_of, bond, insured
from tests.factories.users import signed_in

pytestmark = pytest.mark.usefixtures("policies_loaded")

TYPED = {
    "issuer_code": "h3309 0100-001",
    "issuer_name": "沈家门卫生院",
    "place": "hospital:1",
    "kind": "outpatient",
    "category": "",
    "payee": "6222 0200 0000 0000 005",
    "number_1": "0330 0260 0111",
    "on_1": "2026年3月9日",
    "amount_1": "120",
    "number_2": "033002600112",
    "on_2": "2026-03-09",
    "amount_2": "30.5",
    "total": "150.50",
}


@pytest.fixture
def counter(policies_loaded) -> Counter:
    return Counter()


@pytest.fixture
def family(counter):
    payer, parent = insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)
    bond(payer, parent, from_on=date(2026, 1, 1))
    return payer, parent


def form_of(counter, case, **changes: Any) -> ReimburseForm:
    typed = {**TYPED, **changes}
    amounts = (Decimal(typed[name] or 0) for name in ("amount_1", "amount_2"))
    return ReimburseForm({**typed, "total": changes.get("total", str(sum(amounts)))}, case, counter.act())


def opened(counter, family, **changes: Any):
    """Return a case with everything typed and seen."""
    case = counter.open(CaseKind.REIMBURSE, family[0], other=family[1])
    form = form_of(counter, case, **changes)
    assert form.is_valid(), form.errors
    case = desk.save(act=counter.act(), number=case.number, version=case.version, asked=form.asked())
    return counter.seen(case, *(paper.code for paper in PAPERS))


def done(counter, case):
    """Submit a case, and approve it as the reviewer that the region asks for."""
    case = counter.submit(case).case
    approval = case.approval
    approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
    case.refresh_from_db()
    return case


def test_what_is_shown_is_what_is_paid(counter, family):
    case = opened(counter, family)
    shown = dict(deciding.assess(counter.act(), case).words)
    assert shown["从授权人的账户报销"] == "150.50 元"
    assert shown["付到授权人的银行账户"] == "尾号0005"
    case = done(counter, case)
    paid = Reimbursement.objects.get()
    assert paid.no in case.said
    assert balance_of(family[0], RUIAN) == 849_50
    assert list(findings()) == []


def test_of_the_bank_account_only_the_last_digits_are_kept(counter, family):
    case = opened(counter, family)
    assert "6222" not in str(case.asked)
    assert case.private == ""
    again = ReimburseForm(None, case, counter.act())
    assert again.initial["payee"] == "尾号0005"
    assert again.initial["amount_2"] == "30.50"
    assert form_of(counter, case, payee="尾号0005").is_valid()


def test_it_is_taken_back_whole(counter, family):
    case = done(counter, opened(counter, family))
    for user in (counter.clerk, counter.reviewer):  # who submitted it, and who approved it
        with pytest.raises(CaseError, match="一个人不能撤销"):
            undoing.undo(act=counter.act(user), number=case.number, note="发票不是原件", proof="SK-12")
    other = counter.official(Role.REVIEWER, "T2", 7)
    undone = undoing.undo(act=counter.act(other), number=case.number, note="发票不是原件", proof="SK-12")
    paid = Reimbursement.objects.get()
    assert (paid.state, paid.reason) == (ReimbursementState.TAKEN_BACK, "退款凭据号 SK-12；发票不是原件")
    assert paid.no in undone.said
    assert balance_of(family[0], RUIAN) == 1000_00


def test_not_while_nothing_shows_that_the_money_came_back(counter, family):
    case = done(counter, opened(counter, family))
    other = counter.official(Role.REVIEWER, "T2", 7)
    for proof in ("", " "):
        with pytest.raises(CaseError, match="请填退款凭据号：没有凭据不能撤销"):
            undoing.undo(act=counter.act(other), number=case.number, note="发票不是原件", proof=proof)
    page = signed_in(other)
    assert "退款凭据号" in page.get(reverse("counter_case", args=[case.number])).content.decode()
    answer = page.post(reverse("counter_case_undo", args=[case.number]), {"note": "发票不是原件"})
    assert (answer.status_code, "钱没有退回的，不能撤销" in answer.content.decode()) == (422, True)
    assert balance_of(family[0], RUIAN) == 849_50
    page.post(reverse("counter_case_undo", args=[case.number]), {"note": "发票不是原件", "proof": "SK-12"})
    assert balance_of(family[0], RUIAN) == 1000_00


def test_what_stands_against_it_is_said_before_it_is_submitted(counter, family):
    done(counter, opened(counter, family))
    again = opened(counter, family)
    assert any("已经报销过" in stop for stop in deciding.assess(counter.act(), again).stops)
    with pytest.raises(CaseError, match="已经报销过"):
        counter.submit(again)
    empty = counter.open(CaseKind.REIMBURSE, family[0], other=family[1])
    assert NOT_ASKED in deciding.assess(counter.act(), empty).stops


def test_of_two_cases_with_one_invoice_that_wait_for_the_reviewer_the_second_is_refused(counter, family):
    waiting = counter.submit(opened(counter, family)).case.approval
    done(counter, opened(counter, family))
    with pytest.raises(ApprovalError):
        approvals.approve(act=counter.act(counter.reviewer), approval_id=waiting.pk, digest=waiting.digest)
    assert Reimbursement.objects.count() == 1
    assert balance_of(family[0], RUIAN) == 849_50


def test_what_the_account_does_not_reach_is_said_before(counter, family):
    case = opened(counter, family, amount_1="2000", number_2="", on_2="", amount_2="")
    found = deciding.assess(counter.act(), case)
    assert "只能报 1,000.00 元" in found.notes[0]
    done(counter, case)
    assert balance_of(family[0], RUIAN) == 0


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"amount_2": ""}, "amount_2", "要填全"),
        ({"number_1": "12"}, "number_1", "发票号码应为"),
        ({"payee": "1234"}, "payee", "整个账号"),
        ({"issuer_code": "医院"}, "issuer_code", "机构编码应为"),
        ({name: "" for name in TYPED if name[-1] in "12"}, "number_1", "至少填一张"),
        ({"amount_1": "1200", "total": "150.50"}, "total", "和各张发票加起来的 1,230.50 元不一样"),
        ({"total": ""}, "total", "请填个人负担的合计"),
    ],
)
def test_what_is_mistyped_is_said_beside_its_field(counter, family, changes, field, words):
    case = counter.open(CaseKind.REIMBURSE, family[0], other=family[1])
    form = form_of(counter, case, **changes)
    assert not form.is_valid()
    assert words in form.errors[field][0]


def test_the_reviewer_reads_each_amount_in_capitals_beside_its_invoice(counter, family):
    case = counter.submit(opened(counter, family)).case
    page = signed_in(counter.reviewer).get(reverse("counter_check", args=[case.number])).content.decode()
    assert "120.00 元（壹佰贰拾元整）" in page.split("发票 033002600111")[1][:200]


def test_what_was_paid_is_listed_for_the_staff_who_read_the_books_and_changed_by_nobody(counter, family):
    done(counter, opened(counter, family))
    paid = Reimbursement.objects.get()
    browser = signed_in(counter.official(Role.POLICY, "T1", 21))
    assert paid.no in browser.get(reverse("admin:payments_reimbursement_changelist")).content.decode()
    page = browser.get(reverse("admin:payments_reimbursement_change", args=[paid.pk])).content.decode()
    assert "033002600111" in page
    assert family[0].name not in page
    assert "_save" not in page
