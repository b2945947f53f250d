"""Two people are bound at a counter: what is seen, what stands in the way, what both get, and how it is taken back."""

import json
from datetime import date
from functools import partial

import pytest

from accounts.codes import CaseKind, CaseState
from accounts.models import Notice
from accounts.operations.cases import deciding, desk, undoing
from accounts.operations.cases.access import CaseError, CaseMovedError
from accounts.operations.cases.handlers import handler_of
from accounts.wording import worded
from family.codes import EndReason
from family.models import Bond
from family.queries.plan import plan
from family.rules import CannotUndoError, Where
from payments.bills.models import Institution
from payments.bills.operations import pay
from tests.accounts.policies.test_vectors import cases
from tests.factories.family import ACT, QUANZHOU, RUIAN, TODAY, bond, insured, invited
from tests.factories.people import certno
from tests.family.counter.kit import FamilyCounter
from tests.personas import clinic
from yibao.lib.fen import parse_yuan

LOW = 1_000_00


@pytest.fixture
def pair(counter):
    return counter.payer(name="陈静", gender=2), insured(name="陈伟", gender=1)


def parent_is(number: str) -> str:
    """Return who came for a child, as a case keeps it."""
    return json.dumps({"came_name": "王芳", "came_certno": number, "came_as": "母亲"}, ensure_ascii=False)


def spend(bond: Bond, fen: int) -> None:
    place = Institution.objects.first() or clinic(RUIAN)
    pay(act=ACT, institution=place, person=bond.user, region=RUIAN, amount_fen=fen, on=TODAY, bill_no="一张")


class TestBoth:
    def test_are_bound_at_once_and_told(self, counter, pair):
        done = counter.submit(counter.bind_case(*pair, "kin"))
        made = Bond.objects.get()
        assert (done.case.state, made.consent, made.declared) == (CaseState.DONE, "counter", False)
        notices = list(Notice.objects.filter(about=f"bond:{made.pk}"))
        told = {notice.person_id: said.title for notice, said in zip(notices, worded(notices), strict=True)}
        assert told == {pair[0].pk: "父亲陈伟可以用您的钱了", pair[1].pk: "您可以用女儿陈静的钱了"}

    def test_what_was_agreed_holds_in_full_where_papers_show_the_relation(self, counter, pair):
        counter.submit(counter.bind_case(*pair, "kin", limit_fen=5_000_00))
        made = Bond.objects.get()
        assert (made.limit_fen, made.declared) == (5_000_00, False)

    def test_without_such_papers_the_low_limit_holds_and_the_page_says_so(self, counter, pair):
        case = counter.bind_case(*pair)
        shown = counter.shown(case)
        assert ("每年最多用", "不限；补交关系材料以前每年最多 1,000.00 元") in shown.words
        assert "先每年最多用 1,000.00 元" in shown.notes[0]
        counter.submit(case)
        made = Bond.objects.get()
        spend(made, 3_000_00)
        assert (made.declared, sum(draw.amount_fen for draw in made.draws.all())) == (True, LOW)

    def test_a_counter_that_has_seen_papers_before_does_not_ask_again(self, counter, pair):
        first = counter.submit(counter.bind_case(*pair, "kin")).case
        made = Bond.objects.get()
        Bond.objects.filter(pk=made.pk).update(state="ended", end_reason=EndReason.REMOVED)
        case = counter.bind_case(*pair)
        assert first.pk != case.pk
        assert "kin" not in [paper.code for paper in counter.shown(case).papers]
        counter.submit(case)
        assert not Bond.objects.latest("pk").declared

    def test_a_bond_that_only_said_it_is_no_paper_for_the_next(self, counter, pair):
        counter.submit(counter.bind_case(*pair))
        Bond.objects.update(state="ended", end_reason=EndReason.REMOVED)
        assert "kin" in [paper.code for paper in counter.shown(counter.bind_case(*pair)).papers]

    def test_no_name_or_number_is_kept_in_what_is_not_sealed(self, counter, pair):
        case = counter.submit(counter.bind_case(*pair, "kin")).case
        kept = f"{case.words}{case.record}{case.asked}{case.said}"
        assert not [text for person in pair for text in (person.name, person.certno, person.phone) if text in kept]


class TestTheRulesOfEveryDoor:
    """TV-19, TV-20 and TV-23 as the documents have them, at a counter of that day."""

    @pytest.mark.parametrize("vector", cases({"gate"}))
    def test_the_gate(self, counter, vector):
        counter.today = vector["on"]
        payer = counter.payer(parse_yuan(vector["given"]["last_year_balance"]))
        found = counter.shown(counter.bind_case(payer, insured(from_on=date(2015, 1, 1)), "kin"))
        assert (not found.stops) == vector["expect"]["allowed"]
        assert all("还差 0.01 元" in stop for stop in found.stops)

    @pytest.mark.parametrize("vector", cases({"bind"}))
    def test_the_relation_and_how_many_authorisers(self, counter, vector):
        counter.today, given = vector["on"], vector["given"]
        user = insured(from_on=date(2015, 1, 1), birth_on=date(1985, 1, 1))
        for place in range(given["authorisers_already"]):
            bond(counter.payer(birth_on=date(1955, 1, 1)), user, relation="2", place=place + 1)
        codes = {"子女": "2", "兄弟姐妹": "7"}
        payer = counter.payer(birth_on=date(1960, 1, 1))
        case = counter.bind_case(payer, user, "kin", relation=codes.get(given["relation"], given["relation"]))
        assert (not counter.shown(case).stops) == vector["expect"]["allowed"]

    def test_a_third_authoriser_is_refused_in_words(self, counter, pair):
        for place in (1, 2):
            bond(counter.payer(), pair[1], place=place)
        assert counter.shown(counter.bind_case(*pair, "kin")).stops == (
            "一个人最多用2个人的钱：现在已经在用2个人的钱。要换人，先不再用其中一位的钱",
        )

    def test_in_laws_are_refused_in_words(self, counter, pair):
        (stop,) = counter.shown(counter.bind_case(*pair, relation="配偶的父母")).stops
        assert "配偶的父母不在当地规定的亲属里" in stop
        assert "不包括岳父母、公婆" in stop


@pytest.mark.parametrize("vector", cases({"place"}))
def test_where_the_money_of_whoever_was_bound_works(counter, vector):
    """TV-22, of two who were bound at a counter of that day."""
    counter.today, given = vector["on"], vector["given"]
    user = insured(from_on=date(2015, 1, 1), resident=given["insurance"] == "390")
    counter.submit(counter.bind_case(counter.payer(), user, "kin"))
    where = Where(given["place"], given.get("level", 0))
    found = plan(person=user, region=RUIAN, amount_fen=100_00, on=counter.today, where=where)
    shared = sum(line.amount_fen for line in found.lines if line.bond_id)
    assert shared == (100_00 if vector["expect"]["allowed"] else 0)


class TestWhatStandsInTheWay:
    def stops(self, counter, payer, user, **asked) -> str:
        case = counter.bind_case(payer, user, **asked)
        stops = counter.shown(case).stops
        with pytest.raises(CaseError):
            counter.submit(case)
        assert not Bond.objects.filter(consent="counter").exists()
        return "；".join(stops)

    def test_who_is_insured_outside_the_province(self, counter, pair):
        assert "要在同一个省参保" in self.stops(counter, pair[0], insured(QUANZHOU))

    def test_whose_premiums_are_suspended(self, counter, pair):
        assert "要正常参保缴费" in self.stops(counter, pair[0], insured(status=2))

    def test_who_is_bound_already(self, counter, pair):
        bond(*pair)
        said = self.stops(counter, *pair)
        assert "已经绑定" in said
        assert "变更共济额度" in said

    def test_a_payer_without_an_account(self, counter, pair):
        assert "没有职工医保个人账户" in self.stops(counter, insured(resident=True), pair[1])

    def test_a_spouse_beside_another(self, counter, pair):
        payer = pair[0]
        bond(payer, insured(birth_on=date(1979, 1, 1)), relation="1")
        other = insured(birth_on=date(1978, 1, 1), gender=1)
        assert "先办和原来配偶的「解除家庭共济」" in self.stops(counter, payer, other, relation="1")

    def test_what_a_standing_bond_says_otherwise(self, counter, pair):
        payer, user = pair
        bond(user, payer, region=RUIAN, relation="2")
        assert "和已有的共济关系不一致" in self.stops(counter, payer, user, relation="6")

    def test_nothing_chosen_yet(self, counter, pair):
        assert "还没有选" in self.stops(counter, *pair, relation="")

    def test_nobody_but_the_one_who_has_come(self, counter, pair):
        case = counter.seen(counter.open(CaseKind.BIND, pair[0]), "own_card", "other_card")
        assert "还没有被授权人：请刷证件，或输入证件号码" in counter.shown(case).stops

    def test_the_clerk_reads_no_word_meant_for_the_payer(self, counter, pair):
        bond(*pair)
        said = self.stops(counter, counter.payer(1), pair[1], relation="配偶的父母", limit_fen=-1)
        assert "您" not in said
        assert "窗口" not in said


class TestARelationThatBirthDaysDoNotSupport:
    @pytest.fixture
    def young_stepmother(self, counter):
        return counter.payer(birth_on=date(1990, 1, 1)), insured(birth_on=date(1981, 1, 1), gender=2)

    def test_is_refused_until_papers_show_it(self, counter, young_stepmother):
        found = counter.shown(counter.bind_case(*young_stepmother))
        assert "缺：户口本、出生证明或收养登记证" in found.stops
        assert any("要看到户口本" in stop for stop in found.stops)

    def test_holds_once_they_do(self, counter, young_stepmother):
        counter.submit(counter.bind_case(*young_stepmother, "kin"))
        assert not Bond.objects.get().declared

    def test_no_paper_makes_a_spouse_of_the_same_sex(self, counter):
        case = counter.bind_case(counter.payer(gender=1), insured(gender=1), "kin", relation="1")
        assert any("性别相同" in stop for stop in counter.shown(case).stops)


class TestAChild:
    def case(self, counter, born: date, **asked):
        payer, child = counter.payer(), insured(resident=True, birth_on=born)
        return counter.bind_case(payer, child, "kin", relation="2", **asked)

    def test_is_bound_by_the_parent_who_pays(self, counter):
        counter.submit(self.case(counter, date(2016, 1, 1)))
        assert Bond.objects.get().relation == "2"

    def test_who_is_of_age_on_the_day_of_submission_is_decided_by_that_day(self, counter):
        """The payer turns sixteen between the opening and the submission."""
        payer = counter.payer(birth_on=date(2010, 3, 11))
        case = counter.bind_case(payer, insured(birth_on=date(1985, 1, 1)), "kin")
        assert any("未满16周岁" in stop for stop in counter.shown(case).stops)
        counter.today = date(2026, 3, 11)
        counter.submit(case)
        assert Bond.objects.count() == 1


class TestWhereTheUserHasToAgree:
    @pytest.fixture
    def quanzhou(self, counter, monkeypatch) -> FamilyCounter:
        monkeypatch.setattr("tests.accounts.operations.counter_kit.REGION", QUANZHOU)
        counter.clerk = counter.stranger
        return counter

    def case(self, counter, user, **asked):
        payer = insured(QUANZHOU, carried=1, birth_on=date(1980, 1, 1))
        return counter.bind_case(payer, user, "kin", **asked)

    def test_they_have_to_be_there(self, quanzhou):
        case = self.case(quanzhou, insured(QUANZHOU))
        assert "当地要用钱的人本人同意" in quanzhou.shown(case).stops[0]
        told = quanzhou.told(case, user_present=True)
        assert ("被授权人同意", "本人（未成年的由父母）在场，同意使用") in quanzhou.shown(told).words
        quanzhou.submit(told)
        assert Bond.objects.get().consent == "counter"

    def test_a_parent_agrees_for_a_child_of_their_own(self, quanzhou):
        child = insured(QUANZHOU, resident=True, birth_on=date(2016, 1, 1))
        case = self.case(quanzhou, child, relation="2")
        assert ("被授权人同意", "未成年，由授权人代为同意") in quanzhou.shown(case).words
        quanzhou.submit(case)
        assert Bond.objects.count() == 1

    def test_the_parent_who_agrees_for_a_child_of_others_is_known_and_is_not_the_clerk(self, quanzhou):
        child = insured(QUANZHOU, resident=True, birth_on=date(2016, 1, 1))
        case = self.case(quanzhou, child, user_present=True)
        assert "还没有填来人：请填来人的姓名、证件号码、是什么人" in quanzhou.shown(case).stops
        keep = partial(desk.save, act=quanzhou.act(), number=case.number, version=case.version)
        with pytest.raises(CaseError, match="来人是您自己"):
            keep(private=parent_is(str(quanzhou.clerk.certno)))
        case = keep(private=parent_is(certno(891)))
        assert not any("来人" in stop for stop in quanzhou.shown(case).stops)
        assert handler_of(CaseKind.BIND).tells(case) == [("来人", f"王芳，{certno(891)}，母亲")]

    def test_but_not_once_the_child_is_sixteen(self, quanzhou):
        child = insured(QUANZHOU, resident=True, birth_on=date(2010, 3, 11))
        case = self.case(quanzhou, child, relation="2")
        assert not quanzhou.shown(case).stops
        quanzhou.today = date(2026, 3, 11)
        assert "当地要用钱的人本人同意" in quanzhou.shown(case).stops[0]

    def test_without_the_card_itself_they_become_a_temporary_member_for_premiums_alone(self, quanzhou):
        payer, user = insured(QUANZHOU, carried=1, birth_on=date(1980, 1, 1)), insured(QUANZHOU)
        case = quanzhou.told(
            quanzhou.open(CaseKind.BIND, payer, other=user),
            relation="5", scopes=["premium"], limit_fen=None, user_present=True, temporary=True,
        )  # fmt: skip
        assert [paper.code for paper in quanzhou.shown(case).papers] == ["own_card", "other_copy", "kin"]
        case = quanzhou.seen(case, "own_card", "other_copy", "kin")
        words = dict(quanzhou.shown(case).words)
        assert (words["身份"], words["用来"]) == ("没有看到身份证件原件，作临时成员", "代缴城乡居民医保")
        quanzhou.submit(case)
        made = Bond.objects.get()
        assert (made.temporary, made.scopes) == (True, ["premium"])

    def test_a_temporary_member_for_more_than_premiums_is_refused_by_the_rules(self, quanzhou):
        case = self.case(quanzhou, insured(QUANZHOU), user_present=True, temporary=True)
        assert any("只能作为代缴居民医保的临时成员" in stop for stop in quanzhou.shown(case).stops)

    def test_where_the_region_has_none_nobody_becomes_one(self, counter, pair):
        case = counter.told(counter.bind_case(*pair, "kin"), temporary=True, scopes=["premium"])
        assert any("当地没有临时成员" in stop for stop in counter.shown(case).stops)


class TestTakingItBack:
    def test_leaves_it_as_if_it_had_never_been_made(self, counter, pair):
        case = counter.submit(counter.bind_case(*pair, "kin")).case
        undoing.undo(act=counter.act(), number=case.number, note="办错人了")
        made = Bond.objects.get()
        assert (made.state, made.end_reason) == ("ended", EndReason.UNDONE)
        assert "kin" in [paper.code for paper in counter.shown(counter.bind_case(*pair)).papers]

    def test_is_refused_once_money_was_used(self, counter, pair):
        case = counter.submit(counter.bind_case(*pair, "kin")).case
        spend(Bond.objects.get(), 100)
        with pytest.raises(CannotUndoError, match="已经用过钱"):
            undoing.undo(act=counter.act(), number=case.number, note="办错人了")
        case.refresh_from_db()
        assert (case.state, Bond.objects.get().state) == (CaseState.DONE, "active")


class TestOthersAtTheSameTime:
    def test_what_moved_since_it_was_shown_is_not_submitted(self, counter, pair):
        case = counter.bind_case(*pair, "kin")
        shown = counter.digest(case)
        bond(counter.payer(), pair[1])
        with pytest.raises(CaseMovedError):
            deciding.submit(act=counter.act(), number=case.number, version=case.version, digest=shown)
        assert not Bond.objects.filter(payer=pair[0]).exists()

    def test_an_invitation_that_waits_is_said_and_harms_nothing(self, counter, pair):
        number = invited(*pair).invitation.number
        case = counter.bind_case(*pair, "kin")
        assert number in counter.shown(case).notes[0]
        counter.submit(case)
        assert Bond.objects.count() == 1

    def test_an_agent_waits_for_a_second_person(self, counter, pair):
        case = counter.open(CaseKind.BIND, pair[0], other=pair[1])
        case = desk.save(
            act=counter.act(),
            number=case.number,
            version=case.version,
            power_number="瑞证字1号",
            asked={"relation": "5", "scopes": ["medical"], "limit_fen": None},
        )
        case = counter.seen(case, "own_card", "agent_card", "power", "other_card", "kin")
        assert counter.submit(case).case.state == CaseState.WAITING
        assert not Bond.objects.exists()


def test_nobody_is_let_at_their_own_family(counter, pair):
    myself = counter.payer(certno=counter.clerk.certno)
    bond(pair[0], myself, state="ended", end_reason=EndReason.LEFT)
    with pytest.raises(CaseError, match="家人的业务"):
        counter.open(CaseKind.BIND, pair[0])


def test_nor_at_whom_they_have_invited(counter, pair):
    myself = counter.payer(certno=counter.clerk.certno)
    invited(myself, pair[1])
    with pytest.raises(CaseError, match="家人的业务"):
        counter.open(CaseKind.BIND, pair[0], other=pair[1])
