"""Bills by file, as they are really typed: one number in many spellings, rows out of order, slips of the comma."""

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.ledger.verify import findings
from accounts.models import AuditEvent
from payments.bills import operations
from payments.models import Bill
from tests.factories.acts import act_on
from tests.factories.files import csv_file
from tests.payments.bills.conftest import ON
from tests.payments.bills.test_files import ALL, handed_in, row
from tests.personas import ZHOUSHAN, balances, insured

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")


def refused(tmp_path: Path, *more: str, rows: list) -> str:
    """Hand a file in that is refused whole, and return why."""
    path, out = csv_file(tmp_path / "bills.csv", rows, ALL), StringIO()
    with pytest.raises(CommandError, match="没有导入任何内容"):
        call_command("import_bills", path, "--json", *more, stdout=out)
    assert not Bill.objects.exists()
    return json.loads(out.getvalue())["problems"][0]["reason"]


@pytest.mark.parametrize("again", ["ＭＺ－０1", "MZ - 01", "MZ\u00a0-\u300001", "MZ–01", "'MZ-01", " MZ-01 "])
def test_a_number_typed_another_way_is_the_same_bill(tmp_path, someone, place, again):
    said, _, _ = handed_in(tmp_path, row(someone, "MZ-01"), row(someone, again))
    assert AuditEvent.objects.get(verb="bills.imported").detail["bills"] == 1
    assert (said["settled"], Bill.objects.count(), balances(someone).carried) == (2, 1, 70_00)
    back, _, _ = handed_in(tmp_path, row(someone, "T1", reverses=again))
    assert (back["given_back"], balances(someone).carried) == (1, 100_00)
    assert list(findings()) == []


def test_what_was_settled_before_numbers_had_one_form_is_not_settled_again(tmp_path, someone, place):
    operations.pay(
        act=act_on(ON), institution=place, bill_no="MZ 01", person=someone, region=ZHOUSHAN, amount_fen=30_00, on=ON
    )
    said, _, _ = handed_in(tmp_path, row(someone, "MZ 01"))
    assert (said["changed_nothing"], Bill.objects.count()) == (True, 1)
    back, _, _ = handed_in(tmp_path, row(someone, "T 1", reverses="MZ 01"))
    assert (back["given_back"], balances(someone).carried) == (1, 100_00)


def test_the_number_of_a_person_is_no_number_of_a_bill(tmp_path, someone, place):
    said, answers, _ = handed_in(tmp_path, row(someone, someone.certno))
    assert answers[0]["reason"] == "bill_no 这是证件号码，不是单号"
    assert someone.certno not in json.dumps(said)


def test_the_code_of_an_institution_is_read_in_any_width_and_case(tmp_path, someone, place):
    codes = ("h33090000001", "Ｈ33090000001", "H3309 0000001")
    said, _, _ = handed_in(tmp_path, *[row(someone, fixmedins_code=code) for code in codes])
    assert (said["settled"], Bill.objects.count()) == (3, 1)


def test_what_gives_a_bill_back_may_stand_above_it(tmp_path, someone, place):
    back = row(someone, "r1", reverses=" ｂ1", amount="10", fixmedins_code="h33090000001")
    rows = [back, row(someone, "b0", amount="95"), row(someone, amount="30")]
    said, answers, first = handed_in(tmp_path, *rows)
    assert (said["settled"], said["given_back"], said["refused"]) == (2, 1, 0)
    assert [(one["bill_no"], one["carried"], one["cash"]) for one in answers] == [
        ("r1", "0.00", "-10.00"),
        ("b0", "95.00", "0.00"),
        ("b1", "5.00", "25.00"),
    ]
    again, _, second = handed_in(tmp_path, *rows)
    assert (again["changed_nothing"], first) == (True, second)


@pytest.mark.parametrize("amount", ["0", "0.00", "1000000.01", "9999999999.99"])
def test_a_slip_of_the_comma_empties_no_account(tmp_path, someone, place, amount):
    said, answers, _ = handed_in(tmp_path, row(someone, amount=amount), row(someone, "b2"))
    assert said["problems"] == [
        {
            "row": 2,
            "column": "amount",
            "value": amount,
            "reason": "金额必须大于零，不超过 1,000,000.00 元，请核对小数点",
        }
    ]
    assert [one["result"] for one in answers] == ["未结算", "已结算"]
    assert balances(someone).carried == 70_00


def test_a_day_before_any_rules_is_told_apart_from_a_day_without_insurance(tmp_path, place):
    person = insured(since=date(1990, 1, 1))
    _, answers, _ = handed_in(tmp_path, row(person, setl_date="1995-05-05"), row(person, "b2", setl_date="1989-05-05"))
    assert answers[0]["reason"] == "setl_date 参保地 330900 那天没有使用规则，请核对日期"
    assert "certno 1989-05-05 那天没有参保记录" in answers[1]["reason"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "住院"}, "kind 被退的结算单是门诊，请核对原单号，或空着"),
        ({"kind": "垃圾"}, "kind 被退的结算单是门诊，请核对原单号，或空着"),
        ({"category": "自付"}, "category 被退的结算单是空着的，请核对原单号，或空着"),
    ],
)
def test_what_gives_back_names_the_kind_of_the_bill_or_none(tmp_path, someone, place, changes, reason):
    handed_in(tmp_path, row(someone))
    back = row(someone, "r1", reverses="b1")
    _, answers, _ = handed_in(tmp_path, back | changes)
    assert answers[0]["reason"] == reason
    assert balances(someone).carried == 70_00
    said, _, _ = handed_in(tmp_path, back | {"kind": ""})
    assert said["given_back"] == 1


def test_a_file_that_ends_within_an_amount_is_told_by_the_announced_sum(tmp_path, someone, place):
    """A last line without its end may be whole, or cut: `…,门诊,12` of 12.50; nobody can tell from the file alone."""
    assert "应有3行，实有2行" in refused(tmp_path, "--expect-rows", "3", rows=[row(someone), row(someone, "b2")])
    announced = ("--expect-rows", "2", "--expect-sum", "42.50")
    assert "金额合计应为 42.50 元，实为 42.00 元" in refused(
        tmp_path, *announced, rows=[row(someone), row(someone, "b2", amount="12")]
    )
    path = csv_file(tmp_path / "bills.csv", [row(someone), row(someone, "b2", amount="12.50")], ALL)
    call_command("import_bills", path, *announced, stdout=StringIO())
    assert Bill.objects.count() == 2


def test_where_an_amount_cannot_be_read_the_announced_sum_settles_nothing(tmp_path, someone, place):
    rows = [row(someone), row(someone, "b2", amount="1e3")]
    assert "有的行读不出金额" in refused(tmp_path, "--expect-sum", "42.50", rows=rows)


def test_what_had_to_be_guessed_while_reading_is_said(tmp_path, someone, place):
    path = csv_file(tmp_path / "bills.csv", [row(someone)], ALL, "gb18030")
    printed, document = StringIO(), StringIO()
    call_command("import_bills", path, stdout=printed)
    call_command("import_bills", path, "--json", stdout=document)
    assert "注意：按 GB18030 读取" in printed.getvalue()
    assert json.loads(document.getvalue())["remarks"] == ["按 GB18030 读取"]


def test_what_is_wrong_is_listed_in_the_order_of_the_file(tmp_path, someone, place):
    path, out = csv_file(tmp_path / "bills.csv", [row(someone, amount="0"), row(someone, "b2")], ALL), StringIO()
    path.write_text(path.read_text().rstrip("\r\n") + ",x\n")
    with pytest.raises(CommandError):
        call_command("import_bills", path, "--json", stdout=out)
    assert [problem["row"] for problem in json.loads(out.getvalue())["problems"]] == [2, 3]


def test_an_answer_that_cannot_be_written_says_why_in_words(tmp_path, someone, place):
    path = csv_file(tmp_path / "bills.csv", [row(someone)], ALL)
    (tmp_path / "answer").mkdir()
    with pytest.raises(CommandError, match="写不了 answer：这是文件夹，不是文件。各行已经办完"):
        call_command("import_bills", path, "--answer", str(tmp_path / "answer"), stdout=StringIO())
    assert Bill.objects.count() == 1


@pytest.mark.parametrize("wrong", [("--region", ""), ("--institution", ""), ("--day", "2025-03-06")])
def test_a_slip_in_what_is_asked_for_is_never_answered_with_all_bills_or_none(settings, someone, place, wrong):
    settings.REHEARSAL = False
    with pytest.raises(CommandError):
        call_command("bills", *wrong, stdout=StringIO())
