"""A relation that is only said lets somebody at a little money; papers shown at a counter let them at all that was agreed."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.codes import Relation
from accounts.identity.actors import Act, Actor
from accounts.models import Notice
from accounts.policies import registry
from accounts.wording import worded
from family.codes import Consent, EventKind
from family.models import Bond
from family.operations import accepting, bonds, counter
from family.operations.ending import remove
from family.queries.bonds import bonds_given, bonds_received
from family.queries.page_hooks import users_of_money
from family.queries.plan import plan
from family.rules import RefusedError, Where
from payments.bills.models import Institution
from payments.bills.operations import pay
from tests.accounts.citizen_pages import browser_of, words
from tests.factories.family import ACT, NOW, RUIAN, TODAY, bond, insured, invited
from tests.factories.users import official
from tests.family.family_pages import at
from tests.personas import clinic

pytestmark = pytest.mark.usefixtures("policies_loaded")

MOST = 1_000_00
RICH = 9_000_00


@pytest.fixture
def agreed() -> Bond:
    """A bond without limit, agreed on online."""
    payer, user = insured(carried=RICH), insured(name="陈伟")
    number = str(invited(payer, user).invitation.number)
    return accepting.accept(act=ACT, user=user, number=number)


@pytest.fixture
def clerk() -> Act:
    return Act(Actor.staff(official(), "R01"), NOW)


def shared_fen(bond: Bond, amount_fen: int) -> int:
    found = plan(person=bond.user, region=RUIAN, amount_fen=amount_fen, on=TODAY, where=Where("hospital", 3))
    return sum(line.amount_fen for line in found.lines if line.bond_id)


def paid_by_relatives(bond: Bond, amount_fen: int, key: str) -> int:
    place = Institution.objects.first() or clinic(RUIAN)
    pay(act=ACT, institution=place, person=bond.user, region=RUIAN, amount_fen=amount_fen, on=TODAY, bill_no=key)
    return sum(draw.amount_fen for draw in bond.draws.all())


def test_the_region_says_how_much_and_that_nobody_wrote_it_down():
    assert registry.sharing(RUIAN, TODAY).declared_limit_fen == MOST


def test_preview_and_payment_stop_at_the_low_limit(agreed):
    assert shared_fen(agreed, 3_000_00) == MOST
    assert paid_by_relatives(agreed, 3_000_00, "一张") == MOST
    assert paid_by_relatives(agreed, 3_000_00, "又一张") == MOST


def test_a_lower_limit_that_was_agreed_on_holds(agreed):
    bonds.set_limit(act=ACT, payer=agreed.payer, bond_id=agreed.pk, limit_fen=200_00)
    assert shared_fen(agreed, 3_000_00) == 200_00


@pytest.mark.parametrize("limit_fen", [None, MOST + 1])
def test_a_limit_above_it_is_refused_and_the_reason_says_what_to_do(agreed, limit_fen):
    bonds.set_limit(act=ACT, payer=agreed.payer, bond_id=agreed.pk, limit_fen=200_00)
    with pytest.raises(RefusedError, match="还没有在窗口核对") as refused:
        bonds.set_limit(act=ACT, payer=agreed.payer, bond_id=agreed.pk, limit_fen=limit_fen)
    assert "窗口核对" in refused.value.reasons[0].remedy


def test_shown_at_a_counter_what_was_agreed_on_holds_and_both_are_told(agreed, clerk):
    Notice.objects.all().delete()
    event = counter.show_relation(act=clerk, payer=agreed.payer, user=agreed.user)
    assert event.kind == EventKind.SHOWN
    assert shared_fen(agreed, 3_000_00) == 3_000_00
    assert paid_by_relatives(agreed, 3_000_00, "一张") == 3_000_00
    assert set(Notice.objects.filter(about=f"bond:{agreed.pk}").values_list("person", flat=True)) >= {
        agreed.payer_id, agreed.user_id,
    }  # fmt: skip
    assert counter.show_relation(act=clerk, payer=agreed.payer, user=agreed.user) is None
    bonds.set_limit(act=ACT, payer=agreed.payer, bond_id=agreed.pk, limit_fen=5_000_00)


def test_only_a_clerk_says_that_it_was_shown(agreed):
    with pytest.raises(ValueError, match="only staff"):
        counter.show_relation(act=ACT, payer=agreed.payer, user=agreed.user)


def test_the_command_of_the_counter_says_so_too(agreed, monkeypatch):
    official()
    for answer in ("已记下", "没有修改"):
        numbers = iter([str(agreed.payer.certno), str(agreed.user.certno)])
        monkeypatch.setattr("builtins.input", lambda prompt, numbers=numbers: next(numbers))
        out = StringIO()
        call_command("show_relation", "--by", "clerk-1", stdout=out)
        assert answer in out.getvalue()
    assert not Bond.objects.get(pk=agreed.pk).declared


def test_what_a_counter_has_bound_or_seen_once_need_not_be_shown_again(agreed, clerk):
    payer, user = agreed.payer, agreed.user
    counter.show_relation(act=clerk, payer=payer, user=user)
    remove(act=ACT, payer=payer, bond_id=agreed.pk)
    number = str(invited(payer, user).invitation.number)
    assert not accepting.accept(act=ACT, user=user, number=number).declared
    at_counter = str(invited(payer, insured(), relation=Relation.PARENT).invitation.number)
    assert not counter.accept_at_counter(act=clerk, number=at_counter).declared


def test_another_relation_of_the_same_two_has_to_be_shown_too(clerk):
    payer, user = insured(carried=RICH), insured()
    bond(payer, user, relation=Relation.PARENT, state="ended", end_reason="removed")
    Bond.objects.update(consent=Consent.COUNTER)
    number = str(invited(payer, user, relation=Relation.GRANDPARENT).invitation.number)
    assert accepting.accept(act=ACT, user=user, number=number).declared


def test_bonds_that_stood_before_the_rule_go_on_as_they_are():
    given = bond(insured(carried=RICH), insured())
    assert shared_fen(given, 3_000_00) == 3_000_00


class TestBothPages:
    def test_say_the_limit_that_holds_and_how_to_have_more(self, agreed):
        for person, name in ((agreed.payer, "family_member"), (agreed.user, "family_payer")):
            page = words(browser_of(person).get(reverse(name, args=[agreed.pk])))
            assert "每年最多用¥1,000.00" in page
            assert "到任一窗口核对" in page

    def test_say_nothing_of_it_once_it_was_shown(self, agreed, clerk):
        counter.show_relation(act=clerk, payer=agreed.payer, user=agreed.user)
        for person, name in ((agreed.payer, "family_member"), (agreed.user, "family_payer")):
            page = words(browser_of(person).get(reverse(name, args=[agreed.pk])))
            assert "到任一窗口核对" not in page
            assert "关系已在窗口核对" in page

    def test_offer_no_limit_that_would_be_refused(self, agreed):
        browser = browser_of(agreed.payer)
        page = browser.get(reverse("family_limit", args=[agreed.pk]))
        offered = [value for value, _ in page.context["form"].fields["limit"].choices]
        assert offered == ["500", "1000", "other"]
        answer = browser.post(reverse("family_limit", args=[agreed.pk]), {"limit": "other", "limit_other": "2000"})
        assert answer.status_code == 422
        assert "到任一窗口核对" in words(answer)

    def test_are_told_of_the_limit_that_holds_when_it_begins(self, agreed):
        told = [words.text for words in worded(list(Notice.objects.filter(about=f"bond:{agreed.pk}")))]
        assert len(told) == 2
        assert all("每年最多 1,000.00 元（到窗口核对关系以后可以更多）" in text for text in told)

    def test_the_invitation_says_it_before_anybody_agrees(self):
        payer, user = insured(carried=RICH), insured()
        number = str(invited(payer, user).invitation.number)
        with at(NOW):
            page = words(browser_of(user).get(reverse("family_answer", args=[number])))
        assert "没有到窗口核对过关系的，每年最多用¥1,000.00" in page

    def test_the_cards_show_the_limit_that_holds(self, agreed):
        (theirs,), (mine,) = bonds_received(agreed.user, TODAY), bonds_given(agreed.payer, TODAY)
        assert theirs.limit_fen == mine.limit_fen == MOST
        (shown,) = users_of_money(agreed.payer, RUIAN, TODAY)
        assert shown.limit_fen == MOST
