"""已缴记录: what was paid elsewhere is known once per receipt; what looks paid twice is decided by two people."""

from datetime import date

import pytest

from accounts.codes import HeldReason, HeldState, Role
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import HeldRow, Notice
from accounts.operations import approvals
from accounts.roster import held as held_rows
from accounts.wording import worded
from payments.models import PremiumPaid
from payments.premiums.operations import progress
from tests.factories import family
from tests.factories.acts import act_on
from tests.factories.people import certno
from tests.factories.users import official
from tests.payments.tax_office.kit import ANSWERED_ON, imported, paid_file, paid_row
from tests.payments.tax_office.orders import REGION, YEAR, debited, handed_over

pytestmark = pytest.mark.usefixtures("policies_loaded")

COMMAND = "import_premiums_paid"
ACT = act_on(ANSWERED_ON)


@pytest.fixture
def resident(policies_loaded):
    return family.insured(REGION, resident=True, birth_on=date(1955, 1, 1))


class TestWhatWasPaidElsewhere:
    def test_it_is_known_with_day_channel_and_receipt(self, resident, tmp_path):
        said = imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(resident, "SP1")]))
        assert (said["premiums_paid"], said["held"]) == (1, [])
        paid = PremiumPaid.objects.get()
        assert (paid.person, paid.premium_year, paid.region, paid.amount_fen) == (resident, YEAR, REGION, 400_00)
        assert (paid.paid_on, paid.channel, paid.receipt_no) == (date(2026, 11, 22), "微信", "SP1")

    def test_the_same_file_again_changes_nothing(self, resident, tmp_path):
        path = paid_file(tmp_path / "p.csv", [paid_row(resident, "SP1")])
        imported(COMMAND, path)
        assert imported(COMMAND, path)["known_file"]
        assert PremiumPaid.objects.count() == 1

    def test_a_receipt_that_comes_again_in_another_file_is_counted_once(self, resident, tmp_path):
        imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(resident, "SP1")]))
        rows = [paid_row(resident, "SP1"), paid_row(resident, "SP2", premium_year="2026")]
        said = imported(COMMAND, paid_file(tmp_path / "q.csv", rows))
        assert (said["premiums_paid"], said["known_rows"]) == (1, 1)

    def test_a_receipt_twice_in_one_file_is_counted_once(self, resident, tmp_path):
        said = imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(resident, "SP1")] * 2))
        assert (said["premiums_paid"], said["known_rows"]) == (1, 1)

    def test_a_receipt_that_somebody_else_has_is_laid_aside(self, resident, tmp_path):
        other = family.insured(REGION, resident=True, birth_on=date(1956, 1, 1))
        imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(resident, "SP1")]))
        said = imported(COMMAND, paid_file(tmp_path / "q.csv", [paid_row(other, "SP1")]))
        assert [held["reason_code"] for held in said["held"]] == [HeldReason.CONTRADICTS_ORDER]
        assert PremiumPaid.objects.get().person == resident

    def test_the_channel_never_shows_a_phone(self, resident, tmp_path):
        imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(resident, "SP1", channel="微信13800138000")]))
        assert PremiumPaid.objects.get().channel == "微信138****8000"

    def test_a_receipt_told_by_the_old_and_the_new_number_of_one_person_is_told_twice(self, resident, tmp_path):
        before = family.renumbered(resident)
        rows = [paid_row(resident, "SP1"), paid_row(resident, "SP1", certno=before)]
        said = imported(COMMAND, paid_file(tmp_path / "p.csv", rows))
        assert (said["premiums_paid"], said["known_rows"], said["held"]) == (1, 1, [])

    def test_a_receipt_that_one_file_gives_two_people_is_believed_of_neither(self, resident, tmp_path):
        other = family.insured(REGION, resident=True, birth_on=date(1956, 1, 1))
        rows = [paid_row(other, "SP1"), paid_row(resident, "SP1"), paid_row(resident, "SP2")]
        said = imported(COMMAND, paid_file(tmp_path / "p.csv", rows))
        assert [(held["row"], held["reason_code"]) for held in said["held"]] == [
            (2, HeldReason.CONTRADICTS_ORDER),
            (3, HeldReason.CONTRADICTS_ORDER),
        ]
        assert PremiumPaid.objects.get().receipt_no == "SP2"

    @pytest.mark.parametrize(
        ("column", "text", "words"),
        [
            ("premium_year", "27", "四位数字"),
            ("premium_year", "2035", "不会是这个年度的"),
            ("premium_year", "2024", "不会是这个年度的"),
            ("insuplc_admdvs", "999999", "没有这个统筹区的政策"),
            ("paid_on", "2026-12-31", "在今天之后"),
            ("channel", "", "没有填写缴费渠道"),
            ("receipt_no", "", "没有填写税票号码"),
            ("receipt_no", "税票一", "数字和字母"),
            ("amount", "0", "大于 0"),
            ("amount", "40000", "核对小数点"),
            ("certno", certno(999_001), "名册里没有这个人"),
        ],
    )
    def test_a_bad_row_refuses_the_file_and_says_what_is_wrong(self, resident, tmp_path, column, text, words):
        rows = [paid_row(resident, "SP1"), paid_row(resident, "SP2", **{column: text})]
        path = paid_file(tmp_path / "p.csv", rows)
        (problem,) = imported(COMMAND, path)["problems"]
        assert (problem["row"], problem["column"]) == (3, column)
        assert words in problem["reason"]
        assert not PremiumPaid.objects.exists()
        said = imported(COMMAND, path, "--hold")
        assert (said["premiums_paid"], len(said["held"])) == (1, 1)

    @pytest.mark.parametrize("announced", [("--expect-rows", "2"), ("--expect-sum", "400.01")])
    def test_a_file_that_is_not_the_announced_one_is_refused(self, resident, tmp_path, announced):
        path = paid_file(tmp_path / "p.csv", [paid_row(resident, "SP1")])
        assert imported(COMMAND, path, *announced)["imported"] is False
        assert not PremiumPaid.objects.exists()


class TestPaidTwice:
    @pytest.fixture
    def order(self, policies_loaded):
        return debited()

    def test_whoever_has_an_order_that_is_paid_is_laid_aside_never_dropped_never_believed(self, order, tmp_path):
        said = imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(order.person, "SP1")]))
        (held,) = said["held"]
        assert held["reason_code"] == HeldReason.PAID_TWICE
        assert "代缴单（已扣款" in held["reason"]
        assert not PremiumPaid.objects.exists()
        order.refresh_from_db()
        assert order.state == "debited"

    def test_two_people_find_that_it_is_so_and_then_it_is_known_beside_the_order(self, order, tmp_path):
        imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(order.person, "SP1")]))
        row = HeldRow.objects.get()
        with pytest.raises(held_rows.TwoNeededError):
            held_rows.confirm(act=ACT, ids=[row.pk])
        maker, checker = (
            official(Role.CLERK, "maker", certno=certno(901)),
            official(Role.REVIEWER, "checker", certno=certno(902)),
        )
        approval = approvals.submit(
            act=act_by(maker),
            kind=held_rows.CONFIRM,
            subject=f"held:{row.pk}",
            reason="核对过",
            asked={"rows": [row.pk]},
        )
        approvals.approve(act=act_by(checker), approval_id=approval.pk, digest=approval.digest)
        row.refresh_from_db()
        assert (row.state, PremiumPaid.objects.get().person) == (HeldState.CONFIRMED, order.person)
        (words,) = worded(list(Notice.objects.filter(person=order.payer, template="premium_paid_twice")))
        assert "可以在代缴记录里申请退费" in words.text

    def test_our_own_payment_told_by_the_tax_office_is_none_made_elsewhere(self, tmp_path):
        (order,) = handed_over(1)[1]
        progress.confirm(act=ACT, order_id=order.pk, receipt_no="SP1")
        said = imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(order.person, "SP1")]))
        assert (said["premiums_paid"], said["known_rows"], said["held"]) == (0, 1, [])

    def test_our_own_payment_told_before_its_answer_is_settled_once_that_is_there(self, tmp_path):
        (order,) = handed_over(1)[1]
        imported(COMMAND, paid_file(tmp_path / "p.csv", [paid_row(order.person, "SP1")]))
        progress.confirm(act=ACT, order_id=order.pk, receipt_no="SP1")
        (result,) = held_rows.confirm(act=ACT, ids=[HeldRow.objects.get().pk])
        assert (result.premiums_paid, result.known_rows) == (0, 1)


def act_by(user):
    return Act(actor_of(user), ACT.at)
