"""A rule for the past: what it would change is computed before two people sign it, and then posted just so."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts import tasks
from accounts.codes import CORRECTION_KINDS, PolicyState, Role
from accounts.jobs.policy_effect import YearEffect, effect_of
from accounts.jobs.worker import run_due
from accounts.ledger import book_years
from accounts.ledger.verify import findings
from accounts.models import Approval, PolicyVersion, Transfer, User, Voucher
from accounts.operations import approvals, policies, policy_effect
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.policies import registry
from accounts.policies.loading import load
from accounts.policies.preset_files import SHIPPED
from accounts.policies.publishing import read_draft, save_draft, text_of
from accounts.policies.terms import CreditTerms
from accounts.queries import explanations
from tests import databases
from tests.accounts.operations.renaming import AT, by, staff
from tests.factories.acts import act_on
from tests.factories.users import signed_in
from tests.personas import ACTOR, changed, insured, paid_for, pays
from yibao.lib import clock
from yibao.lib.months import Month
from yibao.lib.periods import Period

# Like 舟山 and 湖南, with rules that were published before everything that happens here.
YEARLY, MONTHLY = "999903", "999904"


@pytest.fixture
def known_long_since(policies_loaded, tmp_path) -> None:
    load_regions(tmp_path)


def load_regions(folder: Path) -> None:
    for shipped, code in (("330900", YEARLY), ("430000", MONTHLY)):
        path = folder / f"{code}.toml"
        path.write_text((SHIPPED / f"{shipped}.toml").read_text().replace(f'code = "{shipped}"', f'code = "{code}"'))
        load(act=act_on(date(2023, 1, 1)), paths=[path])


BASES = ["4462.00", "5000.37", "6123.45", "8000.00", "22310.99"]


def works_off(on: date) -> None:
    run_due(actor=ACTOR, on=on, clock=lambda: datetime.combine(on, AT.time(), clock.SHANGHAI))


def settle(region: str) -> None:
    """Two closed years and the third begun, of people who stay, join, leave, retire, and pay on other bases."""
    until = date(2026, 3, 1)
    for number, base in enumerate(BASES):
        person = insured(region, flex=number == 1)
        pays(person, base, since=date(2024, 1, 1), until=until)
    joiner = insured(region, since=date(2024, 9, 1))
    pays(joiner, "7000.01", since=date(2024, 9, 1), until=until)
    leaver = insured(region)
    pays(leaver, "9000.00", since=date(2024, 1, 1), until=date(2025, 6, 1))
    changed(leaver, date(2025, 6, 1), status="4")
    raised = insured(region)
    pays(raised, "5100.00", since=date(2024, 1, 1), until=date(2024, 10, 1))
    pays(raised, "5999.99", since=date(2024, 10, 1), until=until)
    changed(insured(region, person_type="12", pension_fen=3_000_00), date(2024, 3, 1), status="1")
    months = [Month(2024, 1) + number for number in range(26)]
    for month in (
        months if region == MONTHLY else [months[0], months[11], months[12], months[17], months[23], months[25]]
    ):
        works_off(month.first.replace(day=21))


class Town(NamedTuple):
    region: str
    database: str
    rules: registry._Cache


@pytest.fixture(scope="module", params=[YEARLY, MONTHLY], ids=["credited yearly", "credited monthly"])
def town(request, policies_template, django_db_blocker, tmp_path_factory) -> Iterator[Town]:
    """A town with its two years of history, made once in a database of its own."""
    name = f"{policies_template}_town"
    with django_db_blocker.unblock(), databases.copied(policies_template, name):
        with databases.database(name):
            load_regions(tmp_path_factory.mktemp("regions"))
            settle(request.param)
            rules = registry._read()
        yield Town(request.param, name, rules)


credited_yearly = pytest.mark.parametrize("town", [YEARLY], indirect=True)


@pytest.fixture
def region(town, django_db_blocker) -> Iterator[str]:
    """Work in the town; what the test writes is undone."""
    with django_db_blocker.unblock(), databases.rolled_back(town.database, town.rules):
        yield town.region


def drafted(region: str, *changes: tuple[str, str], start: str = "2024-07-01") -> PolicyVersion:
    """Return a draft like the version in force, but for some values."""
    stored = registry.version_on(region, CreditTerms, date(2024, 7, 1)).policy
    text = text_of(stored).replace(
        f"effective_from = {{ value = {stored.effective_from}", f"effective_from = {{ value = {start}"
    )
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return save_draft(
        act=by(staff(Role.POLICY, "writer", 1)), draft=PolicyVersion(), version=read_draft(region, "credit", text)
    )


def handed_over(draft: PolicyVersion, at: datetime = AT) -> Approval:
    writer = User.objects.get(username="writer")
    subject = policies.subject_of(draft)
    return approvals.submit(act=by(writer, at), kind=policies.PUBLISH, subject=subject, reason="上级通知")


def approve(approval: Approval, at: datetime = AT) -> str:
    checker = staff(Role.APPROVER, "checker", 2)
    return approvals.approve(act=by(checker, at), approval_id=approval.pk, digest=approval.digest)


def computed(draft: PolicyVersion, at: datetime = AT) -> list[YearEffect]:
    return policy_effect.compute(act=by(staff(Role.POLICY, "computes", 3), at), draft_id=draft.pk)


def posted_since(last: int) -> list[YearEffect]:
    """Return what was corrected after a voucher, as an effect would say it."""
    by_person: Counter[tuple[str, int, int]] = Counter()
    rows = Transfer.objects.filter(kind__in=CORRECTION_KINDS, voucher__gt=last).select_related("source", "target")
    for row in rows:
        person, fen = (
            (row.target.person_id, row.amount_fen) if row.target.person_id else (row.source.person_id, -row.amount_fen)
        )
        by_person[row.region, Period.parse(row.period).year, person] += fen
    found: dict[tuple[str, int], Counter[str]] = {}
    for (region, year, _), fen in by_person.items():
        which = "more" if fen > 0 else "less"
        found.setdefault((region, year), Counter()).update({which: 1, f"{which}_fen": abs(fen)})
    return [
        YearEffect(year, book_years.is_closed(region, year), of["more"], of["more_fen"], of["less"], of["less_fen"])
        for (region, year), of in sorted(found.items())
    ]


CHANGES = {
    "less for all": [('employee_rate = { value = "2%"', 'employee_rate = { value = "1.37%"')],
    "more for flexible workers": [('flex_rate = { value = "2%"', 'flex_rate = { value = "2.71%"')],
    "a lower ceiling": [("has_buckets", 'base_ceiling = { value = "5999.00", assumed = true }\nhas_buckets')],
}


class TestTheEffect:
    @pytest.mark.parametrize("change", CHANGES)
    def test_what_is_shown_before_is_what_is_posted_after_to_the_fen(self, region, change):
        draft = drafted(region, *CHANGES[change])
        shown = computed(draft)
        last = Voucher.objects.latest("id").pk
        approve(handed_over(draft))
        works_off(date(2026, 3, 21))
        assert shown == posted_since(last)
        assert {(year.year, year.closed) for year in shown} >= {(2024, True), (2025, True), (2026, False)}
        assert list(findings()) == []
        assert list(explanations.differences()) == []

    def test_computing_it_writes_nothing_but_the_effect(self, region):
        draft = drafted(region, *CHANGES["less for all"])
        vouchers = Voucher.objects.count()
        computed(draft)
        assert Voucher.objects.count() == vouchers
        draft.refresh_from_db()
        assert draft.state == PolicyState.DRAFT
        assert registry.credit(region, date(2024, 8, 1)).employee_rate_bp == 200

    @credited_yearly
    def test_each_posting_says_which_rule_it_is_of(self, region):
        draft = drafted(region, *CHANGES["less for all"])
        computed(draft)
        approve(handed_over(draft))
        works_off(date(2026, 3, 11))
        row = Transfer.objects.filter(period="2024/1").select_related("voucher", "source", "target").first()
        words = explanations.why(row).words
        assert words.startswith(
            "2024年度更正：那一年已经结账，差额记在今年。更正：7–12月规则改为2024年7月1日起的规定。"
        )
        assert row.voucher.occurred_on == date(2026, 3, 11)


@pytest.mark.usefixtures("known_long_since")
class TestTheEffectOnAFew:
    def test_a_year_long_ago_is_reached_too(self):
        """The calendar leaves late facts of such a year to the clerks; a rule that two people signed it does not."""
        pays(insured(YEARLY), "5000.00", since=date(2024, 1, 1), until=date(2029, 3, 1))
        for year in range(2024, 2030):
            works_off(date(year, 1, 2))
        at = AT.replace(year=2029)
        draft = drafted(YEARLY, *CHANGES["less for all"])
        shown = computed(draft, at)
        last = Voucher.objects.latest("id").pk
        approve(handed_over(draft, at), at)
        works_off(date(2029, 3, 11))
        assert [year.year for year in shown] == [2024, 2025, 2026, 2027, 2028, 2029]
        assert shown == posted_since(last)

    def test_a_rule_for_days_nobody_was_credited_for_has_none(self):
        insured(YEARLY)
        assert handed_over(drafted(YEARLY, *CHANGES["less for all"])).content["effect"] is None

    def test_what_was_remembered_of_a_draft_is_not_taken_for_what_is_published(self):
        """Amounts are remembered by the id of a version; a draft may be changed after it was computed."""
        person = insured(YEARLY)
        for year in (2024,):
            pays(person, "5000.00", since=date(year, 1, 1), until=date(year + 1, 1, 1))
        works_off(date(2024, 1, 2))
        draft = drafted(YEARLY, ('employee_rate = { value = "2%"', 'employee_rate = { value = "1%"'))
        assert [year.less_fen for year in effect_of([draft], date(2024, 2, 1))] == [300_00]
        text = text_of(draft).replace('"1%"', '"1.5%"')
        version = read_draft(YEARLY, "credit", text, existing=draft.pk)
        draft = save_draft(act=by(staff(Role.POLICY, "second", 4)), draft=draft, version=version)
        assert [year.less_fen for year in effect_of([draft], date(2024, 2, 1))] == [150_00]


@credited_yearly
class TestTwoPeopleSignIt:
    @pytest.fixture
    def draft(self, region) -> PolicyVersion:
        return drafted(region, *CHANGES["less for all"])

    def test_not_before_it_is_computed(self, draft):
        with pytest.raises(ApprovalError, match=f"policy_effect {draft.pk}"):
            handed_over(draft)

    def test_they_read_it_year_by_year(self, draft):
        computed(draft)
        said = [value for label, value in handed_over(draft).words if label == "影响（按 2026-03-10 的资料）"]
        assert [words[:6] for words in said[:3]] == ["2024年度", "2025年度", "2026年度"]
        assert said[3:] == ["结了账的年度计息的，利息的差额随更正一起记，不在上面的数里"]
        assert said[0].startswith("2024年度（已结账，差额记在还没结账的年度）：收回 7 人，共 ")

    def test_the_digest_covers_what_they_read(self, draft):
        computed(draft)
        approval = handed_over(draft)
        draft.refresh_from_db()
        draft.effect["years"][0]["less_fen"] += 1
        draft.save()
        with pytest.raises(ApprovalMovedError):
            approve(approval)

    def test_people_who_change_meanwhile_do_not_void_it(self, draft):
        computed(draft)
        approval = handed_over(draft)
        insured(YEARLY, since=date(2025, 1, 1))
        assert approve(approval).startswith("已发布")

    def test_other_values_do(self, draft):
        computed(draft)
        draft.refresh_from_db()
        version = read_draft(YEARLY, "credit", text_of(draft).replace("1.37%", "1.38%"), existing=draft.pk)
        save_draft(act=by(staff(Role.POLICY, "second", 4)), draft=draft, version=version)
        with pytest.raises(ApprovalError, match="内容改过"):
            handed_over(draft)

    def test_nor_is_it_believed_for_ever(self, draft):
        computed(draft)
        approval = handed_over(draft, AT + timedelta(days=7))
        with pytest.raises(ApprovalMovedError, match="再算一次"):
            approve(approval, AT + timedelta(days=8))


@pytest.mark.usefixtures("known_long_since")
class TestTheDoors:
    @pytest.fixture
    def draft(self) -> PolicyVersion:
        person = insured(YEARLY)
        for month in range(1, 13):
            paid_for(person, date(2025, month, 1), "5000.00")
        works_off(date(2025, 1, 2))
        return drafted(YEARLY, ('employee_rate = { value = "2%"', 'employee_rate = { value = "1%"'))

    def test_the_command_prints_it(self, draft, capsys):
        call_command("policy_effect", draft.pk)
        assert capsys.readouterr().out == "2025年度：收回 1 人，共 600.00 元\n"
        with pytest.raises(CommandError, match="已经发布或删除了"):
            call_command("policy_effect", 0)

    def test_a_file_is_checked_with_its_effect(self, draft, tmp_path, capsys, settings):
        draft.delete()
        path = tmp_path / f"{YEARLY}.toml"
        rules = path.read_text()
        (last,) = re.findall(r"\[\[credit\]\]\neffective_from = { value = 2023.*?(?=\n\n)", rules, re.DOTALL)
        lower = last.replace("2023-01-01", "2024-07-01").replace(
            'employee_rate = { value = "2%"', 'employee_rate = { value = "1%"'
        )
        path.write_text(f"{rules}\n{lower}\n")
        call_command("load_policies", str(path), "--check")
        assert "999903 会改动已经记的账：2025年度：收回 1 人，共 600.00 元" in capsys.readouterr().out
        assert not PolicyVersion.objects.filter(state=PolicyState.DRAFT).exists()
        settings.REHEARSAL = settings.DEMO = False
        call_command("load_policies", str(path))
        pk = PolicyVersion.objects.get(state=PolicyState.DRAFT).pk
        assert f"草稿 {pk} 会改动已经记的账，先算影响：manage.py policy_effect {pk}" in capsys.readouterr().out
        staff(Role.APPROVER, "checker", 2)
        call_command("load_policies", str(path), by=["writer", "checker"])
        assert "已发布" in capsys.readouterr().out
        assert Approval.objects.get().content["effect"]["years"][0]["less_fen"] == 600_00

    def test_the_page_of_the_draft_has_it_computed_and_shows_it(self, draft, client, monkeypatch):
        sent = []
        monkeypatch.setattr(
            "accounts.admin.policies.current_app.send_task", lambda name, args, **more: sent.append(args)
        )
        signed_in(staff(Role.POLICY, "third", 5), client)
        page = reverse("admin:accounts_policyversion_change", args=[draft.pk])
        assert "计算影响" in client.get(page).content.decode()
        submit = reverse("admin:accounts_policyversion_submit", args=[draft.pk])
        assert "先算出影响多少人" in client.get(submit, follow=True).content.decode()
        client.post(reverse("admin:accounts_policyversion_effect", args=[draft.pk]))
        tasks.compute_policy_effect(*sent[0])
        assert "2025年度：收回 1 人，共 600.00 元" in client.get(page).content.decode()
        assert "收回 1 人，共 600.00 元" in client.get(submit).content.decode()
