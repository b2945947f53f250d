"""What the page of a case asks: choices that a digit picks, what the region allows that day, what stands already."""

import json
from datetime import date

import pytest

from accounts.codes import CaseKind
from accounts.forms.counter import CaseForm, form_of
from accounts.models import Case
from tests.factories.family import QUANZHOU, bond, insured, invited
from tests.family.counter.kit import FamilyCounter


def form(counter: FamilyCounter, case: Case, **typed) -> CaseForm:
    return form_of(case.kind)(typed or None, case, counter.act())


@pytest.fixture
def case(counter) -> Case:
    return counter.open(CaseKind.BIND, counter.payer(), other=insured())


class TestBinding:
    def test_every_relation_of_the_day_is_picked_by_its_digit(self, counter, case):
        labels = [label for code, label in form(counter, case).fields["relation"].choices]
        assert labels[:2] == ["1 配偶", "2 子女"]
        assert len({label[0] for label in labels}) == len(labels)
        counter.today = date(2017, 6, 1)
        labels = [label for code, label in form(counter, case).fields["relation"].choices]
        assert labels == ["1 配偶", "2 子女", "5 父母", "9 配偶的父母（岳父母、公婆）"]

    def test_a_clean_case_needs_nothing_but_the_relation(self, counter, case):
        shown = form(counter, case)
        assert (shown["limit"].value(), shown["scopes"].value()) == ("none", ["medical", "premium"])

    def test_what_was_typed_stands_there_again(self, counter, case):
        typed = form(
            counter, case, relation="5", limit="other", limit_other="1,234.50", scopes=["medical"], until="12月31日"
        )
        assert typed.is_valid(), typed.errors
        asked = json.loads(json.dumps(typed.asked()))
        assert (asked["limit_fen"], asked["until"]) == (1_234_50, "2026-12-31")
        again = form(counter, counter.told(case, **asked))
        assert [again[name].value() for name in ("relation", "limit", "limit_other", "until")] == [
            "5",
            "other",
            "1234.50",
            "2026年12月31日",
        ]

    def test_only_where_the_region_asks_for_it_is_the_users_word_asked_for(self, counter, case):
        assert "user_present" not in form(counter, case).fields
        case.region = QUANZHOU
        assert "user_present" in form(counter, case).fields


class TestChanging:
    def test_the_payer_is_asked_for_limit_and_last_day_as_they_are(self, counter):
        tie = bond(counter.payer(), insured(), limit_fen=500_00, until_on=date(2026, 12, 31))
        shown = form(counter, counter.open(CaseKind.CHANGE, tie.payer, other=tie.user))
        assert "place" not in shown.fields
        assert (shown["limit"].value(), shown["until"].value()) == ("500", "2026年12月31日")

    def test_the_user_for_the_place(self, counter):
        user = insured()
        bonds = [bond(counter.payer(), user, place=place) for place in (1, 2)]
        shown = form(counter, counter.open(CaseKind.CHANGE, user, other=bonds[1].payer))
        assert list(shown.fields) == ["place"]
        assert (shown["place"].value(), len(shown.fields["place"].choices)) == ("2", 2)


def test_a_temporary_member_is_offered_where_the_region_has_them_and_gets_premiums_only(counter):
    assert "temporary" not in form(counter, counter.open(CaseKind.BIND, counter.payer(), other=insured())).fields
    elsewhere = Case(kind=CaseKind.BIND, region=QUANZHOU, subject=counter.payer(), other=insured())
    typed = {"relation": "5", "limit": "none", "scopes": ["medical", "premium"], "temporary": "on"}
    filled = form(counter, elsewhere, **typed)
    assert filled.is_valid(), filled.errors
    assert (filled.asked()["scopes"], filled.asked()["temporary"]) == (["premium"], True)


def test_reasons_of_an_end_are_picked_by_their_digit(counter):
    shown = form(counter, counter.open(CaseKind.REMOVE, counter.payer()))
    assert [label[0] for code, label in shown.fields["reason"].choices] == ["1", "2", "3", "4", "5"]


def test_invitations_are_offered_without_the_inviters_full_name(counter):
    payer, user = counter.payer(name="陈静"), insured()
    number = invited(payer, user).invitation.number
    ((code, label),) = form(counter, counter.open(CaseKind.ACCEPT, user)).fields["invitation"].choices
    assert (code, "陈静" in label) == (number, False)


def test_for_a_child_the_parent_who_came_is_asked_for_and_of_nobody_else(counter):
    child, adult = insured(resident=True, birth_on=date(2016, 1, 1)), insured()
    for user in (child, adult):
        invited(counter.payer(), user, relation="2" if user == child else "5")
    shown, plain = (form(counter, counter.open(CaseKind.ACCEPT, user)) for user in (child, adult))
    assert list(shown.fields) == ["invitation", "came_name", "came_certno", "came_as"]
    assert list(plain.fields) == ["invitation"]


def test_of_a_child_to_be_bound_the_parent_is_asked_for_unless_the_payer_is_one(counter, monkeypatch):
    monkeypatch.setattr("tests.accounts.operations.counter_kit.REGION", QUANZHOU)
    counter.clerk = counter.stranger
    payer = insured(QUANZHOU, carried=1, birth_on=date(1960, 1, 1))
    child, adult = (insured(QUANZHOU, resident=True, birth_on=date(year, 1, 1)) for year in (2016, 1990))
    of_child, of_adult = (counter.open(CaseKind.BIND, payer, other=user) for user in (child, adult))
    assert "came_name" not in form(counter, of_adult).fields
    typed = {"relation": "9", "limit": "none", "scopes": ["medical"], "user_present": "on"}
    assert {"came_name", "came_certno", "came_as"} <= form(counter, of_child, **typed).errors.keys()
    assert "came_name" not in form(counter, of_child, **{**typed, "relation": "2"}).errors
