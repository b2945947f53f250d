"""What stands is changed, ended, closed, agreed to and shown at a counter, and each of it taken back."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.codes import CaseKind, CaseState, PotKind, Role
from accounts.models import Case, Person
from accounts.operations.cases import deciding, desk, printing
from accounts.operations.cases import undoing as case_undoing
from accounts.operations.cases.access import CaseError
from accounts.operations.life_events import freezing
from family.codes import EndReason
from family.models import Bond, Invitation
from family.operations import accepting, ending, pool, undoing
from family.operations.cases import change
from family.queries.bonds import bonds_received
from family.rules import CannotUndoError
from tests.accounts.operations.counter_kit import CAME
from tests.accounts.operations.life_kit import PAPER
from tests.factories.family import ACT, QUANZHOU, RUIAN, TODAY, balance_of, bond, credit, insured, invited
from tests.factories.people import EnrolmentFactory, certno
from tests.factories.users import signed_in
from tests.family.counter.kit import FamilyCounter
from tests.family.counter.test_binding import spend
from tests.family.test_stricter_regions import stricter  # noqa: F401  a region with limits that none has yet

LOW = 1_000_00


@pytest.fixture
def tie(counter) -> Bond:
    return bond(counter.payer(name="陈静", gender=2), insured(name="陈伟", gender=1), limit_fen=500_00)


def case_of(
    counter: FamilyCounter, kind: CaseKind, subject: Person, other: Person | None, *papers: str, **asked
) -> Case:
    case = counter.told(counter.open(kind, subject, other=other), **asked)
    return counter.seen(case, "own_card", *papers)


def undertaking(counter: FamilyCounter, case: Case) -> str:
    address = reverse("counter_case_print", args=[case.number])
    return signed_in(counter.clerk).post(address, {"sheet": "undertaking"}).content.decode()


def undo(counter: FamilyCounter, case: Case) -> Case:
    """Take it back as a reviewer who had no hand in it."""
    return case_undoing.undo(act=counter.act(counter.reviewer), number=case.number, note="办错人了")


class TestThePage:
    def page(self, counter, case: Case) -> str:
        return signed_in(counter.clerk).get(reverse("counter_case", args=[case.number])).content.decode()

    def test_nothing_is_to_be_saved_before_the_two_are_known(self, counter, tie):
        assert "保存②" not in self.page(counter, counter.open(CaseKind.CHANGE, tie.payer))
        assert "保存②" in self.page(counter, counter.open(CaseKind.CHANGE, tie.payer, other=tie.user))

    def test_nor_where_no_invitation_waits(self, counter):
        page = self.page(counter, counter.open(CaseKind.ACCEPT, insured()))
        assert "没有等这个人答复的邀请" in page
        assert "保存②" not in page
        assert "填好②" not in page

    def test_a_day_that_was_saved_is_shown_as_it_would_be_written(self, counter, tie):
        case = counter.told(
            counter.open(CaseKind.CHANGE, tie.payer, other=tie.user), limit_fen=800_00, until="2026-12-31"
        )
        assert 'value="2026年12月31日"' in self.page(counter, case)


class TestChanging:
    def test_the_payer_changes_limit_and_last_day(self, counter, tie):
        asked = {"limit_fen": 800_00, "until": "2026-12-31"}
        case = case_of(counter, CaseKind.CHANGE, tie.payer, tie.user, **asked)
        assert counter.shown(case).words == [
            ("每年最多用", "由500.00 元改为800.00 元"),
            ("用到哪天", "由长期有效改为2026年12月31日为止"),
        ]
        counter.submit(case)
        tie.refresh_from_db()
        assert (tie.limit_fen, tie.until_on) == (800_00, date(2026, 12, 31))

    def test_and_has_it_changed_back(self, counter, tie):
        asked = {"limit_fen": 800_00, "until": "2026-12-31"}
        undo(counter, counter.submit(case_of(counter, CaseKind.CHANGE, tie.payer, tie.user, **asked)).case)
        tie.refresh_from_db()
        assert (tie.limit_fen, tie.until_on) == (500_00, None)

    @pytest.mark.parametrize(
        ("asked", "stop"),
        [
            ({"limit_fen": 500_00}, "没有要改的内容"),
            ({"limit_fen": 0}, "额度要大于零"),
            ({"limit_fen": 500_00, "until": "2026-03-09"}, "结束日期不能早于今天"),
        ],
    )
    def test_what_is_no_change_or_no_sense_is_refused(self, counter, tie, asked, stop):
        found = counter.shown(case_of(counter, CaseKind.CHANGE, tie.payer, tie.user, **asked))
        assert stop in found.stops[0]

    def test_more_than_the_low_limit_has_the_relation_shown_first(self, counter, tie):
        Bond.objects.update(declared=True)
        case = case_of(counter, CaseKind.CHANGE, tie.payer, tie.user, limit_fen=2_000_00)
        assert "先办「补交亲属关系材料」" in counter.shown(case).stops[0]

    def test_the_user_puts_another_payer_first_and_back(self, counter, tie):
        second = bond(counter.payer(), tie.user, place=2)
        case = case_of(counter, CaseKind.CHANGE, tie.user, second.payer, place="1")
        assert counter.shown(case).words == [("使用先后", "由第2位改为第1位")]
        done = counter.submit(case).case
        assert [card.bond.pk for card in bonds_received(tie.user, TODAY)] == [second.pk, tie.pk]
        undo(counter, done)
        assert [card.bond.pk for card in bonds_received(tie.user, TODAY)] == [tie.pk, second.pk]

    def test_where_the_region_fixes_the_order_the_user_is_told_so(self, counter, tie, monkeypatch):
        monkeypatch.setattr(change, "may_reorder", lambda user, on: False)
        case = case_of(counter, CaseKind.CHANGE, tie.user, tie.payer)
        assert counter.shown(case).stops == ("当地规定了使用先后，不能改；额度和期限由授权人改",)

    def test_two_who_share_nothing_have_nothing_to_change(self, counter, tie):
        case = case_of(counter, CaseKind.CHANGE, tie.payer, insured(), limit_fen=None)
        assert counter.shown(case).stops == ("两人之间现在没有共济关系",)


class TestRemoving:
    @pytest.mark.parametrize(
        ("reason", "by", "papers", "ended"),
        [
            ("1", "payer", (), EndReason.REMOVED),
            ("2", "user", (), EndReason.LEFT),
            ("3", "payer", ("no_longer_kin",), EndReason.NO_LONGER_KIN),
            ("3", "user", ("no_longer_kin",), EndReason.NO_LONGER_KIN),
            ("4", "payer", ("death",), EndReason.USER_DIED),
            ("4", "user", ("death",), EndReason.PAYER_DIED),
            ("5", "payer", (), EndReason.MOVING),
        ],
    )
    def test_the_reason_is_what_both_will_read_and_it_is_taken_back(self, counter, tie, reason, by, papers, ended):
        subject, other = (tie.payer, tie.user) if by == "payer" else (tie.user, tie.payer)
        case = counter.submit(case_of(counter, CaseKind.REMOVE, subject, other, *papers, reason=reason)).case
        tie.refresh_from_db()
        assert (tie.state, tie.end_reason) == ("ended", ended)
        assert ("对方会收到通知" in case.said) == (reason != "4")
        said = undo(counter, case).said
        assert ("两人都会收到通知" in said, "本人会收到通知" in said) == (reason != "4", reason == "4")
        tie.refresh_from_db()
        assert (tie.state, tie.end_reason) == ("active", "")

    def test_neither_the_clerk_takes_it_back_nor_a_reviewer_on_a_later_day(self, counter, tie):
        case = counter.submit(case_of(counter, CaseKind.REMOVE, tie.payer, tie.user, reason="1")).case
        with pytest.raises(CaseError, match="一个人不能撤销"):
            case_undoing.undo(act=counter.act(), number=case.number, note="办错人了")
        counter.today = date(2026, 3, 11)
        with pytest.raises(CaseError, match="请本人来重新办理"):
            undo(counter, case)
        tie.refresh_from_db()
        assert tie.has_ended

    def test_nor_back_to_an_account_that_is_frozen_since(self, counter, tie):
        case = counter.submit(case_of(counter, CaseKind.REMOVE, tie.payer, tie.user, reason="1")).case
        freezing.freeze(
            act=counter.act(), person=tie.payer, region=RUIAN, on=counter.today, paper=PAPER, reason="法院要求"
        )
        with pytest.raises(CannotUndoError):
            undo(counter, case)
        tie.refresh_from_db()
        assert tie.has_ended

    def test_nor_where_either_has_another_spouse_by_now(self, counter):
        wife, husband = counter.payer(birth_on=date(1980, 1, 1), gender=2), insured(birth_on=date(1979, 1, 1), gender=1)
        was = bond(wife, husband, relation="1")
        case = case_of(counter, CaseKind.REMOVE, wife, husband, "no_longer_kin", reason="3")
        case = counter.submit(case).case
        bond(wife, insured(birth_on=date(1981, 1, 1), gender=1), relation="1")
        with pytest.raises(CannotUndoError):
            undo(counter, case)
        was.refresh_from_db()
        assert was.has_ended

    def test_a_divorce_ends_what_both_gave(self, counter):
        wife, husband = counter.payer(birth_on=date(1980, 1, 1)), counter.payer(birth_on=date(1979, 1, 1))
        bond(wife, husband, relation="1")
        bond(husband, wife, relation="1")
        counter.submit(case_of(counter, CaseKind.REMOVE, wife, husband, "no_longer_kin", reason="3"))
        assert set(Bond.objects.values_list("end_reason", flat=True)) == {EndReason.NO_LONGER_KIN}

    @pytest.mark.parametrize("reason", ["3", "4"])
    def test_what_is_no_change_of_mind_needs_its_paper(self, counter, tie, reason):
        case = case_of(counter, CaseKind.REMOVE, tie.payer, tie.user, reason=reason)
        assert counter.shown(case).stops[0].startswith("缺：")

    def test_a_reason_of_the_other_side_ends_nothing(self, counter, tie):
        case = case_of(counter, CaseKind.REMOVE, tie.payer, tie.user, reason="2")
        assert "没有这个原因可以解除的共济关系" in counter.shown(case).stops[0]

    def test_a_cool_down_holds_a_change_of_mind_and_no_divorce(self, counter, tie, stricter):  # noqa: F811
        stricter(RUIAN, "cooldown_days = { value = 90, assumed = true }")
        Bond.objects.update(from_on=TODAY)
        case = case_of(counter, CaseKind.REMOVE, tie.payer, tie.user, reason="1")
        assert "绑定后90天内不能解绑" in counter.shown(case).stops[0]
        counter.submit(counter.seen(counter.told(case, reason="3"), "own_card", "no_longer_kin"))
        assert Bond.objects.get().has_ended


class TestClosing:
    @pytest.fixture
    def owner(self, counter, monkeypatch) -> Person:
        monkeypatch.setattr("tests.accounts.operations.counter_kit.REGION", QUANZHOU)
        counter.clerk, counter.reviewer = counter.stranger, counter.official(Role.REVIEWER, "X1", 8)
        payer = insured(QUANZHOU, carried=2_500_00, birth_on=date(1980, 1, 1))
        pool.move_in(act=ACT, payer=payer, region=QUANZHOU, amount_fen=300_00, key="in")
        bond(payer, insured(QUANZHOU))
        return payer

    def test_the_pool_goes_back_to_its_owner_and_all_use_ends(self, counter, owner):
        case = case_of(counter, CaseKind.CLOSE, owner, None)
        assert ("共济账户转回", "300.00 元，回到本人个人账户") in counter.shown(case).words
        case = counter.submit(case).case
        assert balance_of(owner, QUANZHOU, PotKind.POOL) == 0
        assert Bond.objects.get().has_ended
        assert case.said == "已注销，共济账户里的钱已转回，家人都会收到通知"
        undo(counter, case)
        assert balance_of(owner, QUANZHOU, PotKind.POOL) == 300_00
        assert not Bond.objects.get().has_ended

    def test_of_money_and_relatives_that_were_none_nothing_is_said(self, counter, owner):
        ending.end_at_counter(act=counter.act(), by=owner, bond_id=Bond.objects.get().pk, reason=EndReason.MOVING)
        case = case_of(counter, CaseKind.CLOSE, owner, None)
        assert counter.submit(case).case.said == "已注销，共济账户里的钱已转回"

    def test_nor_of_a_pool_that_was_empty(self, counter):
        tie = bond(counter.payer(), insured())
        assert counter.submit(case_of(counter, CaseKind.CLOSE, tie.payer, None)).case.said == "已注销，家人都会收到通知"

    def test_what_changes_meanwhile_is_not_closed_unseen(self, counter, owner):
        case = case_of(counter, CaseKind.CLOSE, owner, None)
        shown = counter.digest(case)
        credit(owner, QUANZHOU, PotKind.POOL, 1)
        with pytest.raises(CaseError):
            deciding.submit(act=counter.act(), number=case.number, version=case.version, digest=shown)

    def test_nothing_to_close_is_said(self, counter):
        assert "没有家庭共济可以注销" in counter.shown(case_of(counter, CaseKind.CLOSE, counter.payer(), None)).stops[0]


class TestAgreeing:
    CHILD = ("child", "parent", "promise")

    def asked(self, counter, user: Person, relation: str, came: bool = True) -> tuple[Case, Invitation]:
        invitation = invited(counter.payer(), user, relation=relation).invitation
        case = counter.told(counter.open(CaseKind.ACCEPT, user), invitation=invitation.number)
        if came and relation == "2":
            case = desk.save(act=counter.act(), number=case.number, version=case.version, private=CAME)
        return case, invitation

    def test_a_parent_agrees_for_a_child(self, counter):
        child = insured(resident=True, birth_on=date(2016, 1, 1))
        case, _ = self.asked(counter, child, "2")
        assert [paper.code for paper in counter.shown(case).papers] == [*self.CHILD, "kin"]
        counter.submit(counter.seen(case, *self.CHILD, "kin"))
        made = Bond.objects.get()
        assert (made.user, made.consent, made.declared) == (child, "counter", False)

    def test_the_parent_who_comes_is_known_and_is_not_the_clerk(self, counter):
        child = insured(resident=True, birth_on=date(2016, 1, 1))
        case, _ = self.asked(counter, child, "2", came=False)
        assert "还没有填来人：请填来人的姓名、证件号码、是什么人" in counter.shown(case).stops
        mine = CAME.replace(certno(890), str(counter.clerk.certno))
        with pytest.raises(CaseError, match="来人是您自己"):
            desk.save(act=counter.act(), number=case.number, version=case.version, private=mine)

    def test_who_is_of_age_by_the_day_of_submission_shows_their_own_card(self, counter):
        child = insured(resident=True, birth_on=date(2010, 3, 11))
        case, _ = self.asked(counter, child, "2")
        case = counter.seen(case, *self.CHILD, "kin")
        counter.today = date(2026, 3, 11)
        with pytest.raises(CaseError, match="本人有效身份证件"):
            counter.submit(case)

    def test_without_papers_of_the_relation_the_low_limit_holds(self, counter):
        case, _ = self.asked(counter, insured(), "5")
        counter.submit(counter.seen(case, "own_card"))
        assert Bond.objects.get().declared

    def test_taken_back_the_invitation_waits_again(self, counter):
        case, invitation = self.asked(counter, insured(), "5")
        undo(counter, counter.submit(counter.seen(case, "own_card", "kin")).case)
        invitation.refresh_from_db()
        assert (invitation.is_open, Bond.objects.get().end_reason) == (True, EndReason.UNDONE)

    def test_the_undertaking_comes_before_it_is_a_paper_and_names_both(self, counter):
        child = insured(resident=True, birth_on=date(2016, 1, 1))
        case, invitation = self.asked(counter, child, "2")
        assert "undertaking" in printing.sheets_of(counter.act(), case)
        page = undertaking(counter, counter.submit(counter.seen(case, *self.CHILD, "kin")).case)
        assert f"被授权人 {child.name}（" in page
        assert f"授权人 {invitation.payer.name} 发出了邀请，没有到场" in page
        assert "近亲属关系真实" not in page

    def test_of_the_payers_insurance_nothing_is_said(self, counter):
        case, invitation = self.asked(counter, insured(), "5")
        EnrolmentFactory(person=invitation.payer, region=RUIAN, status=2, from_on=TODAY)
        case = counter.seen(case, "own_card", "kin")
        assert counter.shown(case).stops == (
            "邀请人现在还不能让家人用自己的钱：原因只有邀请人自己能看到。请和邀请人联系，由对方在家庭共济页查看",
        )

    def test_no_clerk_lets_anybody_at_the_money_of_their_own_family(self, counter):
        """The payer is not at the counter: nothing but the invitation names them."""
        case, invitation = self.asked(counter, insured(), "5")
        myself = counter.payer(certno=counter.clerk.certno)
        bond(invitation.payer, myself, state="ended", end_reason=EndReason.LEFT)
        with pytest.raises(CaseError, match="家人的业务"):
            counter.submit(counter.seen(case, "own_card", "kin"))

    def test_no_clerk_takes_back_what_lets_somebody_at_their_own_familys_money(self, counter):
        case, invitation = self.asked(counter, insured(), "5")
        done = counter.submit(counter.seen(case, "own_card", "kin")).case
        myself = counter.payer(certno=counter.clerk.certno)
        bond(invitation.payer, myself, state="ended", end_reason=EndReason.LEFT)
        with pytest.raises(CaseError, match="家人的业务"):
            case_undoing.undo(act=counter.act(), number=done.number, note="办错人了")
        assert Bond.objects.get(user=case.subject).state == "active"

    def test_nobody_who_was_not_invited(self, counter):
        case = counter.seen(counter.open(CaseKind.ACCEPT, insured()), "own_card")
        assert "没有等这个人答复的邀请" in counter.shown(case).stops[0]


class TestShowing:
    @pytest.fixture
    def said(self, counter) -> Bond:
        number = str(invited(counter.payer(), insured()).invitation.number)
        payer = Invitation.objects.get(number=number).payer
        user = Person.objects.exclude(pk=payer.pk).latest("pk")
        return accepting.accept(act=ACT, user=user, number=number)

    @pytest.mark.parametrize("by", ["payer", "user"])
    def test_whoever_comes_the_payer_promises_the_relation_and_the_user_the_use(self, counter, said, by):
        subject, other = (said.payer, said.user) if by == "payer" else (said.user, said.payer)
        case = case_of(counter, CaseKind.SHOW, subject, other)
        before = undertaking(counter, case)
        after = undertaking(counter, counter.submit(counter.seen(case, "own_card", "kin")).case)
        for page in (before, after):
            assert f"授权人 {said.payer.name}（" in page
            assert f"我和 {said.user.name} 的近亲属关系真实" in page
            assert f"被授权人 {said.user.name}（" in page

    @pytest.mark.parametrize("by", ["payer", "user"])
    def test_either_brings_the_papers_and_the_agreed_limit_holds(self, counter, said, by):
        subject, other = (said.payer, said.user) if by == "payer" else (said.user, said.payer)
        counter.submit(case_of(counter, CaseKind.SHOW, subject, other, "kin"))
        assert not Bond.objects.get().declared

    def test_taken_back_the_low_limit_holds_again(self, counter, said):
        case = counter.submit(case_of(counter, CaseKind.SHOW, said.payer, said.user, "kin")).case
        undo(counter, case)
        assert Bond.objects.get().declared
        assert counter.shown(case_of(counter, CaseKind.SHOW, said.payer, said.user)).stops

    def test_not_once_more_was_used(self, counter, said):
        case = counter.submit(case_of(counter, CaseKind.SHOW, said.payer, said.user, "kin")).case
        spend(said, LOW + 1)
        with pytest.raises(CannotUndoError):
            undo(counter, case)
        case.refresh_from_db()
        assert case.state == CaseState.DONE

    def test_nothing_is_asked_for_twice(self, counter, said):
        counter.submit(case_of(counter, CaseKind.SHOW, said.payer, said.user, "kin"))
        stops = counter.shown(case_of(counter, CaseKind.SHOW, said.payer, said.user, "kin")).stops
        assert "关系已经核对过" in stops[0]


def test_nobody_else_takes_back_what_a_counter_did(counter, tie):
    case = counter.submit(case_of(counter, CaseKind.REMOVE, tie.payer, tie.user, reason="1")).case
    with pytest.raises(CannotUndoError):
        undoing.undo(act=ACT, person=tie.payer, event_id=case.record["events"][0])


def test_a_parked_case_is_finished_by_another_office(counter, tie):
    case = case_of(counter, CaseKind.REMOVE, tie.payer, tie.user, reason="3")
    desk.park(act=counter.act(), number=case.number, version=case.version)
    case = desk.resume(act=counter.act(counter.colleague), number=case.number)
    case = counter.seen(case, "own_card", "no_longer_kin", user=counter.colleague)
    assert counter.submit(case, counter.colleague).case.state == CaseState.DONE
