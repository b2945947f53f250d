"""`life_event`: every life event at the desk, by one member of staff or by two."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import Role
from accounts.models import Approval, LifeEvent
from tests.accounts.operations.renaming import staff
from tests.factories.family import RUIAN, balance_of, insured
from tests.factories.people import EnrolmentFactory

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

PAPER = ("--proof", "resolution", "--document", "瑞医保〔2026〕3号", "--reason", "查实后办理")


@pytest.fixture
def by() -> list[str]:
    """The options that name the maker and the checker."""
    staff(Role.CLERK, "clerk", 1)
    staff(Role.APPROVER, "approver", 2)
    return ["--by", "clerk", "--by", "approver"]


def life_event(what: str, person, *options: str) -> str:
    out = io.StringIO()
    call_command("life_event", what, person.certno, *PAPER, *options, stdout=out)
    return out.getvalue().strip()


def ended(person):
    EnrolmentFactory(person=person, region=RUIAN, status=4, from_on="2026-06-01")
    return person


def test_one_person_freezes_releases_and_reports_a_death(by):
    person = insured(RUIAN, carried=50_000)
    life_event("freeze", person, "--region", RUIAN, "--by", "clerk")
    life_event("release", person, "--region", RUIAN, "--by", "clerk")
    assert life_event("death", person, "--on", "2026-11-01", "--by", "clerk").startswith("死亡已登记")
    assert [event.kind for event in LifeEvent.objects.order_by("pk")] == ["freeze", "release", "death"]


def test_two_people_adjust_and_pay_out(by):
    person = insured(RUIAN, carried=50_000)
    assert life_event("adjust", person, "--region", RUIAN, "--amount=-12.30", *by) == "已减少 12.30 元"
    ended(person)
    options = ("--region", RUIAN, "--why", "leaving", "--payee", "6222000011115678", "--json")
    told = json.loads(life_event("pay_out", person, *options, *by))
    assert told == {"what": "pay_out", "person": person.pk, "done": True, "said": "已付出 487.70 元"}
    assert "6222" not in str(Approval.objects.latest("pk").content)
    assert balance_of(person) == 0


def test_with_one_name_it_waits_for_another(by):
    person = insured(RUIAN, carried=50_000)
    with pytest.raises(CommandError, match="还没有办成，等另一位同事复核"):
        life_event("adjust", person, "--region", RUIAN, "--amount", "12.30", "--by", "clerk")
    assert balance_of(person) == 50_000
    call_command("approvals", "--approve", str(Approval.objects.get().pk), "--by", "approver", stdout=io.StringIO())
    assert balance_of(person) == 51_230


def test_an_heir_is_named_by_their_number(by):
    person, heir = insured(RUIAN, carried=50_000), insured(RUIAN)
    life_event("death", person, "--on", "2026-11-01", "--by", "clerk")
    life_event("inherit", person, "--region", RUIAN, "--to", RUIAN, "--heir", heir.certno, *by)
    assert (balance_of(person), balance_of(heir)) == (0, 50_000)


def test_two_records_become_one(by):
    gone = insured(RUIAN, carried=50_000, name="陈静", gender=2)
    kept = insured(RUIAN, carried=10_000, name="陈静", gender=2)
    assert life_event("merge", gone, "--into", kept.certno, *by) == f"参保人 {gone.pk} 已并入参保人 {kept.pk}"
    assert balance_of(kept) == 60_000


@pytest.mark.parametrize(
    ("what", "options", "words"),
    [
        ("death", ["--by", "clerk"], "请用 --on 写死亡日期"),
        ("freeze", ["--by", "clerk"], "请写 --region"),
        ("freeze", ["--region", RUIAN], "请用 --by 写明由谁办"),
        ("adjust", ["--region", RUIAN, "--amount", "1.234", "--by", "clerk"], "--amount"),
        ("adjust", ["--region", RUIAN, "--amount", "1.23"], "要两个人"),
        ("pay_out", ["--region", RUIAN, "--why", "leaving", "--payee", "x", "--by", "clerk"], "收款账号应为"),
        ("write_off", ["--region", "999999", "--by", "clerk"], "本系统没有统筹区 999999"),
        ("merge", ["--by", "clerk"], "请写 --into"),
        ("transfer", ["--region", RUIAN, "--to", "999999", "--by", "clerk"], "本系统没有统筹区 999999"),
    ],
)
def test_what_is_missing_or_wrong_is_said(by, what, options, words):
    with pytest.raises(CommandError, match=words):
        life_event(what, insured(RUIAN, carried=50_000), *options)
    assert not LifeEvent.objects.exists()
