"""Pay first, be refunded afterwards (河南, seed S2): the receipt is proved by the tax office's file and counts once."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import PotKind
from accounts.ledger.verify import findings
from accounts.models import AuditEvent, Notice, Transfer
from accounts.wording import worded
from payments.models import PremiumPaid, RefundClaim
from payments.premiums.codes import ClaimState, WhyNotCode
from payments.premiums.operations import claiming
from payments.premiums.queries import claims_of
from payments.premiums.rules import PremiumError, PremiumRefusedError
from tests.factories.users import official
from tests.payments.premiums.people import ACT, DAY, HENAN, QUANZHOU, money, payer, pays_for, resident

pytestmark = pytest.mark.usefixtures("policies_loaded")

CARD = "6222 0000 0000 0000 012"  # no bank has it; the check digit fits


def child(region=HENAN):
    return resident(region, birth_on=date(2015, 1, 1))


@pytest.fixture
def rich():
    return payer(1000_00, region=HENAN)


@pytest.fixture
def boy(rich):
    found = child()
    pays_for(rich, found, relation="2")
    return found


def claim(who, person, receipt="T2026001", card=CARD):
    return claiming.claim(act=ACT, payer=who, person=person, receipt_no=receipt, bank_card=card)


def shown(person, receipt="T2026001", amount_fen=400_00, year=2027, region=HENAN):
    PremiumPaid.objects.create(
        person=person, premium_year=year, region=region, paid_on=DAY, channel="手机税务", receipt_no=receipt,
        amount_fen=amount_fen,
    )  # fmt: skip


def settle(made):
    return claiming.settle(act=ACT, claim_id=made.pk)


def test_a_claim_waits_for_the_tax_office_then_is_paid_once_to_the_card(rich, boy):
    made = claim(rich, boy, receipt=" t2026 001 ")
    assert (made.state, made.receipt_no, made.amount_fen) == (ClaimState.WAITING, "T2026001", 400_00)
    assert settle(made).state == ClaimState.WAITING
    assert money(rich, HENAN)[0] == 1000_00
    shown(boy)
    for _ in range(2):
        assert settle(made).state == ClaimState.PAID
        assert money(rich, HENAN)[0] == 600_00
    (voucher,) = RefundClaim.objects.get().vouchers
    assert Transfer.objects.get(voucher=voucher).target.kind == PotKind.OUTWARD
    assert list(findings()) == []
    (words,) = worded(list(Notice.objects.filter(person=rich)))
    assert "尾号 0012" in words.text


def test_the_card_is_kept_sealed(rich, boy):
    claim(rich, boy)
    assert RefundClaim.objects.get().bank_card == "6222000000000000012"
    assert b"6222" not in bytes(RefundClaim.objects.extra(select={"raw": "bank_card"}).values_list("raw", flat=True)[0])


def test_a_file_that_came_before_the_claim_proves_it_too(rich, boy):
    shown(boy)
    assert settle(claim(rich, boy)).state == ClaimState.PAID


def test_a_receipt_counts_once_and_so_does_a_person_and_year(rich, boy):
    made = claim(rich, boy)
    assert claim(rich, boy) == made  # the same again is the same
    sister = child()
    pays_for(rich, sister, relation="2")
    with pytest.raises(PremiumError, match="一张税票只能用一次"):
        claim(rich, sister)
    mother = payer(1000_00, region=HENAN)
    pays_for(mother, boy, relation="2")
    with pytest.raises(PremiumRefusedError, match="2027年度有人已经凭税票申请返还"):
        claim(mother, boy, receipt="T2026002")
    assert list(claims_of(mother)) == []


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"amount_fen": 380_00}, "缴费标准是 400.00 元，不一样"),
        ({"year": 2026}, "不是这个人这一年度"),
        ({"region": QUANZHOU}, "不是在参保地河南省缴的"),
    ],
)
def test_a_receipt_of_something_else_is_refused_and_can_be_claimed_rightly(rich, boy, facts, why):
    made = claim(rich, boy)
    shown(boy, **facts)
    refused = settle(made)
    assert refused.state == ClaimState.REFUSED
    assert why in refused.reason
    assert money(rich, HENAN)[0] == 1000_00
    assert claim(rich, boy, receipt="T2026002").state == ClaimState.WAITING


def test_a_proven_claim_whose_account_cannot_pay_any_more_is_paid_as_soon_as_it_can(rich, boy):
    made = claim(rich, boy)
    bond = rich.bonds_given.get()
    bond.state = "suspended"
    bond.save()
    shown(boy)
    proven = settle(made)
    assert proven.state == ClaimState.PROVEN
    assert "停用" in proven.reason
    bond.state = "active"
    bond.save()
    assert settle(made).state == ClaimState.PAID


def test_without_the_money_nothing_is_claimed(boy):
    poor = payer(399_99, region=HENAN)
    pays_for(poor, boy, relation="2")
    with pytest.raises(PremiumRefusedError) as refused:
        claim(poor, boy)
    assert [reason.code for reason in refused.value.reasons] == [WhyNotCode.NO_MONEY]


def test_whom_the_budget_pays_for_nothing_is_claimed(rich):
    old = resident(HENAN, birth_on=date(1950, 1, 1))
    pays_for(rich, old)
    with pytest.raises(PremiumRefusedError) as refused:
        claim(rich, old)
    assert [reason.code for reason in refused.value.reasons] == [WhyNotCode.BUDGET_PAID]


def test_where_accounts_pay_directly_nothing_is_claimed():
    rich, mother = payer(3000_00), resident(QUANZHOU)
    pays_for(rich, mother)
    with pytest.raises(PremiumError, match="可以直接用账户交"):
        claim(rich, mother)


@pytest.mark.parametrize(
    ("receipt", "card", "why"),
    [
        ("税票", CARD, "税票号码不对"),
        ("T1", CARD, "税票号码不对"),
        ("T2026001", "6222000000000000013", "有数字填错"),
        ("T2026001", "622200", "应为16到19位"),
    ],
)
def test_numbers_that_cannot_be_right_are_refused(rich, boy, receipt, card, why):
    with pytest.raises(PremiumError, match=why):
        claim(rich, boy, receipt, card)


@pytest.mark.parametrize("typed", ["T-2026-001", "Ｔ２０２６００１", "t2026–001", " T2026 001"])
def test_a_receipt_typed_another_way_is_the_same_receipt(rich, boy, typed):
    made = claim(rich, boy)
    assert claim(rich, boy, typed, CARD.replace(" ", "-")) == made
    assert claim(rich, boy, typed, CARD.translate(str.maketrans("0126", "０１２６"))) == made


def test_another_card_for_the_same_receipt_is_not_taken_in_silence(rich, boy):
    made = claim(rich, boy)
    with pytest.raises(PremiumError, match="已经申请返还到尾号 0012 的银行卡，这次填的卡号没有采用"):
        claim(rich, boy, card="6222000000000000020")
    made.refresh_from_db()
    assert made.bank_card == "6222000000000000012"


def test_what_is_paid_is_not_refused_any_more(rich, boy):
    made = claim(rich, boy)
    shown(boy)
    settle(made)
    with pytest.raises(PremiumError, match="已经付款"):
        claiming.refuse(act=ACT, claim_id=made.pk, reason="试")


def listed(*options):
    out = StringIO()
    call_command("premium_claims", *options, stdout=out)
    return out.getvalue()


def test_what_is_to_be_paid_to_cards_is_written_whole_for_its_owner_alone(rich, boy, tmp_path):
    made = claim(rich, boy)
    shown(boy)
    settle(made)
    path = tmp_path / "payouts.csv"
    listed("--payouts", str(path), "--day", DAY.isoformat())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text(encoding="utf-8-sig").splitlines()[1:] == [
        f"{made.no},{rich.name},6222000000000000012,400.00,{HENAN},2027"
    ]
    assert AuditEvent.objects.get(verb="premium_claims.payouts").detail["claims"] == [made.pk]


def test_the_list_is_masked_and_tells_where_each_claim_stands(rich, boy):
    made = claim(rich, boy)
    (row,) = json.loads(listed("--state", "waiting", "--json"))["claims"]
    assert (row["claim_no"], row["amount"], row["state"]) == (made.no, "400.00", "waiting")
    assert boy.certno not in listed("--json")
    assert "等税务核对" in listed()
    assert json.loads(listed("--state", "paid", "--json"))["claims"] == []


def test_a_claim_that_is_never_proved_is_refused_by_staff_with_the_reason(rich, boy):
    made, clerk = claim(rich, boy), official("reviewer")
    with pytest.raises(CommandError, match="--reason"):
        listed("--refuse", made.no, "--by", clerk.username)
    listed("--refuse", made.no, "--by", clerk.username, "--reason", "查无此票")
    made.refresh_from_db()
    assert (made.state, made.reason) == (ClaimState.REFUSED, "查无此票")
    (words,) = worded(list(Notice.objects.filter(person=rich)))
    assert "查无此票" in words.text


def test_somebody_elses_slip_of_the_pen_does_not_use_a_receipt_up(rich, boy):
    mother, sister = payer(1000_00, region=HENAN), child()
    pays_for(mother, sister, relation="2")
    wrong = claim(mother, sister)
    shown(boy)
    assert settle(wrong).state == ClaimState.REFUSED
    assert settle(claim(rich, boy)).state == ClaimState.PAID


def test_what_the_bank_returns_goes_back_to_the_account_and_is_claimed_again_with_another_card(rich, boy):
    made, clerk = claim(rich, boy), official("reviewer")
    with pytest.raises(CommandError, match="没有付过款"):
        listed("--returned", made.no, "--by", clerk.username, "--reason", "卡已注销")
    shown(boy)
    settle(made)
    for _ in range(2):
        listed("--returned", made.no, "--by", clerk.username, "--reason", "卡已注销")
        assert money(rich, HENAN)[0] == 1000_00
    assert settle(claim(rich, boy, card="6222000000000000020")).state == ClaimState.PAID
    assert money(rich, HENAN)[0] == 600_00
    assert list(findings()) == []
