"""Limits that the law lets a region set and no shipped region has yet: they hold as soon as policy staff write them."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from accounts.codes import PotKind
from accounts.policies.loading import load
from accounts.policies.preset_files import shipped
from family.operations import ending, pool, undoing
from family.queries.bonds import bonds_received
from family.queries.facts import changes_in_month
from family.rules import RefusedError
from tests.accounts.citizen_pages import browser_of
from tests.factories.acts import act_on
from tests.factories.family import ACT, QUANZHOU, RUIAN, TODAY, balance_of, bond, insured, invited
from tests.family.family_pages import bound, chen, huang, page, words
from tests.family.test_money import pay

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")

NEXT_MONTH = date(2026, 4, 1)


@pytest.fixture
def stricter(policies_loaded, tmp_path: Path):
    """Return what publishes a region's latest rules of sharing anew for 2026, with one more line."""

    def publish(region: str, line: str) -> None:
        (preset,) = (path for path in shipped() if path.name.startswith(region))
        text = preset.read_text()
        latest = re.findall(r"\[\[sharing\]\]\n.*?(?=\n\n|\n#|\Z)", text, re.S)[-1]
        changed = re.sub(r"effective_from = .*", "effective_from = { value = 2026-01-01, assumed = true }", latest)
        path = tmp_path / preset.name
        path.write_text(f"{text}\n\n{changed}\n{line}\n")
        load(act=ACT, paths=[path], directly=True)

    return publish


def codes(refusal: pytest.ExceptionInfo[RefusedError]) -> list[str]:
    return [reason.code for reason in refusal.value.reasons]


def moved_in(payer, fen: int, key: str, on: date = TODAY):
    return pool.move_in(act=act_on(on), payer=payer, region=QUANZHOU, amount_fen=fen, key=key)


class TestTransfersOfAMonth:
    @pytest.fixture(autouse=True)
    def _one_a_month(self, stricter):
        stricter(QUANZHOU, "monthly_transfers = { value = 1, assumed = true }")

    def test_the_second_of_a_month_is_refused_and_moves_nothing(self):
        payer = huang()
        moved_in(payer, 10_000, "first")
        with pytest.raises(RefusedError) as refusal:
            moved_in(payer, 10_000, "second")
        assert codes(refusal) == ["monthly_transfers"]
        assert balance_of(payer, QUANZHOU, PotKind.POOL) == 10_000
        said = page(browser_of(payer), "/family/transfer/")
        assert "一个月最多转入1次" in said
        assert "下个月1日起可以再转" in said

    def test_the_next_month_allows_another(self):
        payer = huang()
        moved_in(payer, 10_000, "first")
        moved_in(payer, 10_000, "second", NEXT_MONTH)
        assert balance_of(payer, QUANZHOU, PotKind.POOL) == 20_000

    def test_one_that_was_undone_does_not_count(self):
        payer = huang()
        event = moved_in(payer, 10_000, "first")
        undoing.undo(act=ACT, person=payer, event_id=event.pk)
        moved_in(payer, 20_000, "second")
        assert balance_of(payer, QUANZHOU, PotKind.POOL) == 20_000


def test_a_bond_cannot_be_ended_within_the_cool_down_and_the_day_is_told(stricter):
    stricter(RUIAN, "cooldown_days = { value = 90, assumed = true }")
    bond = bound(chen(), insured(resident=True))
    early, due = TODAY + timedelta(days=89), TODAY + timedelta(days=90)
    with pytest.raises(RefusedError) as refusal:
        ending.remove(act=act_on(early), payer=bond.payer, bond_id=bond.pk)
    assert codes(refusal) == ["cooldown"]
    assert ending.remove(act=act_on(due), payer=bond.payer, bond_id=bond.pk)


def test_bindings_and_endings_of_a_month_are_counted_together(stricter):
    stricter(RUIAN, "monthly_changes = { value = 1, assumed = true }")
    payer = chen()
    bond = bound(payer, insured(resident=True))
    with pytest.raises(RefusedError) as refusal:
        ending.remove(act=ACT, payer=payer, bond_id=bond.pk)
    assert codes(refusal) == ["monthly_changes"]
    assert ending.remove(act=act_on(NEXT_MONTH), payer=payer, bond_id=bond.pk)


def test_whoever_uses_the_money_may_leave_on_any_day_and_that_is_no_change_of_the_payers(stricter):
    stricter(RUIAN, "cooldown_days = { value = 90, assumed = true }\nmonthly_changes = { value = 1, assumed = true }")
    payer, user = chen(), insured(resident=True)
    bond = bound(payer, user)
    counted = changes_in_month(payer, RUIAN, TODAY)
    response = browser_of(user).post(f"/family/from-others/{bond.pk}/leave/", follow=True)
    assert "不再用陈静的钱" in words(response)
    assert not bonds_received(user, TODAY)
    assert changes_in_month(payer, RUIAN, TODAY) == counted == 1


def test_no_more_relatives_than_the_region_allows(stricter):
    stricter(RUIAN, "max_users = { value = 1, assumed = true }")
    payer = chen()
    bound(payer, insured(resident=True))
    with pytest.raises(RefusedError) as refusal:
        invited(payer, insured(resident=True))
    assert codes(refusal) == ["max_users"]


def test_what_a_region_keeps_back_relatives_cannot_use_and_the_owner_can(stricter):
    stricter(RUIAN, 'reserve = { value = "1000.00", assumed = true }')
    payer, user = insured(carried=150_000), insured(resident=True)
    bond(payer, user)
    assert pay(user, 140_000, key="relative").account_fen == 50_000
    assert pay(user, 100, key="again").account_fen == 0
    assert pay(payer, 60_000, key="own").account_fen == 60_000
