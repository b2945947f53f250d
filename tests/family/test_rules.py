"""The rules of sharing by themselves: every reason at once, relations the right way round, money in order and in limits."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.codes import EnrolmentStatus, Gender, Relation
from accounts.policies.formulas import age_on
from accounts.policies.terms import SharingTerms
from family.rules import (
    Reason,
    ReasonCode,
    RefusedError,
    Source,
    Where,
    changes,
    eligibility,
    premium_plan,
    spending_plan,
    use,
)
from family.rules.facts import EnrolmentFacts, Pair, Payer, User
from family.rules.reasons import for_user
from family.rules.use import Blocked, Bound

pytestmark = pytest.mark.unit

DAY = date(2026, 3, 10)
TERMS = SharingTerms(
    model="authorise",
    funds="carried",
    scopes=("medical", "premium"),
    relations=("配偶", "子女", "父母"),
    gate_fen=200_000,
    reserve_fen=None,
    max_authorisers=2,
    max_users=3,
    accept_required=False,
    temporary_members=False,
    payer_status="normal",
    user_status="normal",
    user_insurances=("310", "390"),
    insured_scope="province",
    resident_levels=(0, 1, 2),
    resident_places=("hospital",),
    minor_age=16,
    invitation_days=7,
    undo_minutes=10,
    cooldown_days=None,
    monthly_changes=5,
    monthly_transfers=None,
)
NORMAL = EnrolmentFacts(status=EnrolmentStatus.NORMAL, region="330381", region_name="瑞安市", insurance="310")
PAYER = Payer(region_name="瑞安市", has_account=True, enrolment=NORMAL, age=40, last_year_fen=200_000)
USER = User(enrolment=NORMAL, terms=TERMS)
PAIR = Pair(relation="5", scopes=("medical",), on=DAY)


def codes(payer: Payer = PAYER, pair: Pair = PAIR, user: User | None = USER, terms: SharingTerms | None = TERMS) -> set:
    return {str(reason.code) for reason in eligibility.reasons(payer, pair, user, terms)}


def enrolled(**changes) -> EnrolmentFacts:
    return replace(NORMAL, **changes)


class TestEligibility:
    def test_a_good_pair_has_nothing_against_it(self):
        assert codes() == set()

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"last_year_fen": 199_999}, "gate"),
            ({"enrolment": enrolled(status=EnrolmentStatus.SUSPENDED)}, "payer_suspended"),
            ({"enrolment": enrolled(status=EnrolmentStatus.ENDED)}, "payer_ended"),
            ({"enrolment": enrolled(leaving_on=date(2026, 4, 1))}, "payer_leaving"),
            ({"has_account": False}, "no_account"),
            ({"age": 15}, "payer_minor"),
            ({"users": 3}, "max_users"),
            ({"changes_this_month": 5}, "monthly_changes"),
            ({"phone_free_on": date(2026, 3, 12)}, "phone_changed"),
        ],
    )
    def test_the_payers_side(self, changes, code):
        assert codes(payer=replace(PAYER, **changes)) == {code}

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"relation": "7"}, "relation"),
            ({"relation": "配偶的父母"}, "relation"),
            ({"relation": "8"}, "relation"),
            ({"relation": "3"}, "relation"),
            ({"is_self": True}, "self"),
            ({"is_bound": True}, "already_bound"),
            ({"open_number": "GJ2026-0310-7F3AK"}, "open_invitation"),
            ({"limit_fen": 0}, "limit"),
            ({"until_on": date(2026, 3, 9)}, "end_day"),
        ],
    )
    def test_what_is_asked_for(self, changes, code):
        assert codes(pair=replace(PAIR, **changes)) == {code}

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"enrolment": EnrolmentFacts(status=EnrolmentStatus.ENDED)}, "user_not_insured"),
            ({"enrolment": enrolled(status=EnrolmentStatus.SUSPENDED)}, "user_suspended"),
            ({"enrolment": enrolled(leaving_on=date(2026, 4, 1))}, "user_leaving"),
            ({"enrolment": enrolled(region="350500")}, "user_outside"),
            ({"authorisers": 2}, "max_authorisers"),
            ({"identity_checked": False}, "identity"),
        ],
    )
    def test_the_users_side(self, changes, code):
        assert codes(user=replace(USER, **changes)) == {code}

    def test_every_reason_comes_at_once(self):
        payer = replace(PAYER, last_year_fen=0, age=15, users=3)
        pair = replace(PAIR, relation="7", is_bound=True)
        user = replace(USER, enrolment=EnrolmentFacts(status=EnrolmentStatus.ENDED), authorisers=2)
        expected = {
            "gate",
            "payer_minor",
            "max_users",
            "relation",
            "already_bound",
            "user_not_insured",
            "max_authorisers",
        }
        assert codes(payer, pair, user) == expected

    def test_without_a_user_nothing_is_said_of_one(self):
        assert codes(user=None) == set()

    def test_the_gate_says_what_was_found_and_what_is_missing(self):
        (reason,) = eligibility.reasons(replace(PAYER, last_year_fen=162_000), PAIR, None, TERMS)
        assert (reason.found_fen, reason.needed_fen, reason.missing_fen) == (162_000, 200_000, 38_000)
        assert "1,620.00" in reason.found
        assert "还差 380.00 元" in reason.found
        assert "2,000.00" in reason.why

    def test_without_sharing_rules_that_is_the_one_reason(self):
        assert codes(terms=None) == {"no_sharing"}

    def test_every_reason_says_why_what_was_found_and_what_to_do(self):
        payer = replace(
            PAYER, enrolment=enrolled(status=EnrolmentStatus.SUSPENDED, leaving_on=DAY), last_year_fen=0, age=3, users=9
        )
        pair = Pair(
            relation="8", scopes=("medical", "premium"), is_self=True, is_bound=True, open_number="GJ", limit_fen=0
        )
        terms = replace(TERMS, scopes=("premium",))
        for reason in eligibility.reasons(payer, pair, replace(USER, enrolment=enrolled(region="1")), terms):
            assert reason.why
            assert reason.found
            assert reason.remedy

    def test_both_regions_must_permit(self):
        stricter = replace(TERMS, relations=("配偶",), max_authorisers=1)
        assert codes(user=replace(USER, terms=stricter, authorisers=1)) == {"relation", "max_authorisers"}

    def test_a_suspended_user_is_fine_where_being_insured_is_enough(self):
        lenient = replace(TERMS, user_status="any")
        suspended = replace(USER, enrolment=enrolled(status=EnrolmentStatus.SUSPENDED), terms=lenient)
        assert codes(user=suspended, terms=lenient) == set()

    def test_somebody_not_fully_identified_may_be_a_temporary_member_for_premiums_only(self):
        pool = replace(TERMS, temporary_members=True)
        unknown = replace(USER, identity_checked=False, terms=pool)
        assert codes(pair=replace(PAIR, scopes=("premium",)), user=unknown, terms=pool) == set()
        assert codes(pair=replace(PAIR, scopes=("medical", "premium")), user=unknown, terms=pool) == {"identity"}

    def test_the_invited_person_reads_nothing_of_the_payers_money(self):
        found = eligibility.reasons(replace(PAYER, last_year_fen=1, users=3), PAIR, replace(USER, authorisers=2), TERMS)
        shown = for_user(found)
        assert [reason.code for reason in shown] == [ReasonCode.PAYER_NOT_READY, ReasonCode.MAX_AUTHORISERS]
        assert for_user(shown[1:]) == shown[1:]

    def test_a_refusal_carries_its_reasons(self):
        refusal = RefusedError((Reason(ReasonCode.GATE, "w", "f", "t"),))
        assert refusal.codes == {ReasonCode.GATE}

    def test_a_cool_down_names_the_first_day(self):
        terms = replace(TERMS, cooldown_days=90)
        earliest = eligibility.earliest_end(DAY, terms)
        assert earliest == date(2026, 6, 8)
        assert not list(changes.cooldown_reasons(DAY, earliest, earliest, terms))
        (reason,) = changes.cooldown_reasons(DAY, earliest, date(2026, 6, 7), terms)
        assert "2026年6月8日起" in reason.found


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2010, 3, 10), date(2026, 3, 9), 15),
        (date(2010, 3, 10), date(2026, 3, 10), 16),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_counts_from_the_birthday(born, day, age):
    assert age_on(born, day) == age


class TestRelations:
    def test_turned_round_twice_it_is_the_same(self):
        assert all(relation.inverse.inverse == relation for relation in Relation)

    @pytest.mark.parametrize(("code", "other"), [("2", "5"), ("4", "6"), ("1", "1"), ("7", "7")])
    def test_the_other_side(self, code, other):
        assert Relation(code).inverse == other
        assert Relation(other).inverse == code

    def test_a_father_invited_by_his_daughter_sees_a_daughter(self):
        assert Relation.PARENT.word(1) == "父亲"
        assert Relation.PARENT.inverse.word(2) == "女儿"

    def test_everybody_has_a_word_for_either_gender_and_for_none(self):
        assert all(relation.word(gender) for relation in Relation for gender in (None, *Gender))

    def test_kinds_that_share_a_code_are_offered_together(self):
        terms = replace(TERMS, relations=("外祖父母", "父母", "祖父母", "孙子女"))
        offered = {Relation.GRANDCHILD: "孙子女", Relation.PARENT: "父母", Relation.GRANDPARENT: "祖父母、外祖父母"}
        assert terms.relation_choices == offered


BOUND = Bound(
    active=True,
    from_on=date(2026, 1, 1),
    until_on=None,
    relation="5",
    scopes=("medical",),
    limit_fen=None,
    used_fen=0,
    payer=NORMAL,
    user=NORMAL,
    terms=TERMS,
    user_terms=TERMS,
)


class TestUse:
    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({}, None),
            ({"active": False}, Blocked.SUSPENDED),
            ({"from_on": date(2026, 3, 11)}, Blocked.NOT_YET),
            ({"until_on": date(2026, 3, 9)}, Blocked.OVER),
            ({"until_on": date(2026, 3, 10)}, None),
            ({"scopes": ("premium",)}, Blocked.SCOPE),
            ({"terms": None}, Blocked.RULES),
            ({"user_terms": replace(TERMS, scopes=("premium",))}, Blocked.RULES),
            ({"relation": "7"}, Blocked.RULES),
            ({"user": enrolled(region="350500")}, Blocked.RULES),
            ({"payer": enrolled(status=EnrolmentStatus.SUSPENDED)}, Blocked.PAYER),
            ({"user": enrolled(status=EnrolmentStatus.SUSPENDED)}, Blocked.USER),
            ({"limit_fen": 100, "used_fen": 100}, Blocked.LIMIT),
            ({"limit_fen": 100, "used_fen": 99}, None),
        ],
    )
    def test_when_a_relatives_money_works(self, changes, why):
        where = Where("hospital", 3)
        assert use.blocked(replace(BOUND, **changes), on=DAY, scope="medical", where=where) == why

    def test_a_resident_is_held_to_the_places_of_their_own_scheme(self):
        resident = replace(BOUND, user=enrolled(insurance="390"))
        assert use.blocked(resident, on=DAY, scope="medical", where=Where("hospital", 3)) == Blocked.PLACE
        assert use.blocked(resident, on=DAY, scope="medical", where=Where("hospital", 2)) is None
        free = replace(resident, user_terms=replace(TERMS, resident_levels=None, resident_places=None))
        assert use.blocked(free, on=DAY, scope="medical", where=Where("pharmacy")) is None

    def test_where_it_works_is_told_for_every_kind_of_place(self):
        shown = {rule.words: rule.allowed for rule in use.places("390", TERMS)}
        assert shown == {
            "没有等级的医疗机构（如社区卫生院）": True,
            "一级医疗机构": True,
            "二级医疗机构": True,
            "三级医疗机构": False,
            "药店": False,
        }
        assert all(rule.allowed for rule in use.places("310", TERMS))


pots = st.lists(st.integers(0, 10_000), max_size=6)


class TestPlan:
    @given(st.integers(1, 30_000), pots)
    def test_one_after_another_and_never_more_than_there_is(self, amount, fens):
        takes = spending_plan(amount, [Source(number, number, "carried", fen) for number, fen in enumerate(fens)])
        assert sum(take.amount_fen for take in takes) == min(amount, sum(fens))
        for take in takes[:-1]:
            assert take.amount_fen == take.source.available_fen
        first_not_full = [take for take in takes if take.amount_fen < take.source.available_fen]
        assert first_not_full in ([], takes[-1:])

    @given(st.integers(1, 30_000), pots)
    def test_a_premium_is_paid_whole_or_not_at_all(self, amount, fens):
        takes = premium_plan(amount, [Source(number, number, "carried", fen) for number, fen in enumerate(fens)])
        assert sum(take.amount_fen for take in takes) == (amount if sum(fens) >= amount else 0)

    @given(pots, st.one_of(st.none(), st.integers(0, 20_000)))
    def test_two_pots_of_one_payer_keep_one_limit(self, fens, left):
        capped = use.cap(fens, left)
        assert sum(capped) == (sum(fens) if left is None else min(sum(fens), left))
        assert all(part <= fen for part, fen in zip(capped, fens, strict=True))

    @given(st.integers(0, 10**7), st.integers(0, 10**6))
    def test_what_is_moved_leaves_the_reserve(self, balance, reserve):
        moved = eligibility.movable_fen(balance, replace(TERMS, reserve_fen=reserve))
        assert moved == 0 or balance - moved == reserve
