"""统筹区 → 要核对的 in the admin: the lists of check_facts, one at a time, masked, for who works them off."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts.admin import regions
from accounts.codes import Role
from accounts.models import Contribution, FactChange
from accounts.queries import fact_checks
from accounts.queries.fact_checks import TITLES
from tests.factories.people import certno
from tests.factories.users import official, signed_in
from tests.personas import HUNAN, ZHOUSHAN, insured, paid_for, run
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def browser(policies_loaded: None) -> Client:
    return signed_in(official(Role.REVIEWER, "reviewer", certno=certno(902)))


def page(browser: Client, name: str, region: str = ZHOUSHAN, **asked: str) -> str:
    return browser.get(reverse("admin:accounts_region_facts", args=[region, name]), asked).content.decode()


def test_the_list_of_regions_leads_there(browser: Client) -> None:
    address = reverse("admin:accounts_region_facts", args=[ZHOUSHAN, "credited_not_paid"])
    assert f'href="{address}"' in browser.get(reverse("admin:accounts_region_changelist")).content.decode()


def test_each_list_has_a_page_and_leads_to_the_others(browser: Client) -> None:
    for name in TITLES:
        shown = page(browser, name)
        assert "共 0 人" in shown
        assert all(f"/facts/{other}/" in shown for other in TITLES if other != name)


def test_who_never_paid_is_named_masked(browser: Client) -> None:
    person = insured()
    shown = page(browser, "never_paid")
    assert "共 1 人" in shown
    assert "从 2020-01-01 起参保，没有缴费记录" in shown
    assert f"<td>{person.pk}</td>" in shown
    assert person.name not in shown
    assert str(person.certno) not in shown


def test_a_month_or_a_year_may_be_asked_for(browser: Client) -> None:
    person = insured(HUNAN)
    paid_for(person, date(2025, 1, 1), "5000.00")
    run("accrual", "2025-01", on=date(2025, 1, 20), region=HUNAN)
    change = FactChange.objects.create(kind="withdrawn", reason="传错了", actor="system:test", at=clock.now())
    Contribution.objects.update(counts=False, changed_by=change)
    assert "<td>2025-01</td>" in page(browser, "credited_not_paid", HUNAN, period="2025-01")
    assert "<td>2025-01</td>" in page(browser, "credited_not_paid", HUNAN, period="2025")
    assert "共 0 人" in page(browser, "credited_not_paid", HUNAN, period="2025-02")
    assert 'class="errornote"' in page(browser, "paid_not_credited", HUNAN, period="一月")


def test_only_the_first_are_shown_and_the_rest_is_said(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "SHOWN", 2)
    for _ in range(3):
        insured()
    shown = page(browser, "never_paid")
    assert "共 3 人，这里是前 2 人；全部在服务器上用 manage.py check_facts --region 330900 列出" in shown
    assert shown.count("没有缴费记录</td>") == 2


def test_a_region_that_takes_too_long_says_what_to_do(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "PATIENCE_MS", 50)
    slow = "SELECT 1, ARRAY[]::text[], pg_sleep(60)::text"
    monkeypatch.setitem(fact_checks.STATEMENTS, "never_paid", (slow,))
    assert "请在服务器上运行 manage.py check_facts --region 330900</p>" in page(browser, "never_paid")
    of_2025 = page(browser, "never_paid", period="2025")
    assert "请在服务器上运行 manage.py check_facts --region 330900 --period 2025</p>" in of_2025
    assert "共 0 人" in page(browser, "insured_twice")


def test_there_is_no_such_list_or_region(browser: Client) -> None:
    for region, name in ((ZHOUSHAN, "nothing"), ("999999", "never_paid")):
        assert browser.get(reverse("admin:accounts_region_facts", args=[region, name])).status_code == 404
