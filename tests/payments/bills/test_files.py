"""Bills by file: each row is settled or refused by itself and answered; the same file again changes nothing."""

import csv
import io
import json
from datetime import date
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.ledger.verify import findings
from accounts.models import AuditEvent, Transfer
from payments.bills.files import ANSWERED, COLUMNS, OPTIONAL, import_bills
from payments.models import Bill
from tests.accounts.operations.life_kit import Desk
from tests.accounts.operations.test_merging import merge, record
from tests.factories import family
from tests.factories.acts import act_on
from tests.factories.files import Row, csv_file
from tests.payments.bills.conftest import ON
from tests.personas import ZHOUSHAN, balances, clinic, give, insured

ALL = (*COLUMNS, *OPTIONAL)

pytestmark = [pytest.mark.usefixtures("policies_loaded", "today")]


def row(person, number: str = "b1", **changes: str) -> Row:
    return {
        "fixmedins_code": "H33090000001",
        "bill_no": number,
        "certno": person.certno,
        "setl_date": str(ON),
        "kind": "门诊",
        "amount": "30.00",
        "category": "",
        "reverses": "",
        **changes,
    }


def handed_in(tmp_path: Path, *rows: Row, columns: tuple[str, ...] = ALL) -> tuple[dict, list[dict[str, str]], bytes]:
    """Hand a file in; return the JSON document, the answers by row, and the answer file as it is."""
    path, answer, out = csv_file(tmp_path / "bills.csv", rows, columns), tmp_path / "answer.csv", StringIO()
    try:
        call_command("import_bills", path, "--answer", str(answer), "--json", stdout=out)
    except CommandError as refusal:
        assert "没有结算" in str(refusal)  # noqa: PT017  rows were refused: the document says which
    content = answer.read_bytes()
    return json.loads(out.getvalue()), list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")))), content


def test_each_row_is_answered_with_who_paid_what(tmp_path, someone, place):
    said, answers, _ = handed_in(tmp_path, row(someone), row(someone, "b2", amount="¥80"))
    assert (said["rows"], said["settled"], said["refused"]) == (2, 2, 0)
    assert list(answers[0]) == [*ALL, *ANSWERED]
    assert [[one[name] for name in ("bill_no", *ANSWERED)] for one in answers] == [
        ["b1", "已结算", "", "0.00", "30.00", "0.00", "0.00", "0.00"],
        ["b2", "已结算", "", "0.00", "70.00", "0.00", "0.00", "10.00"],
    ]
    assert list(findings()) == []


def test_the_same_file_again_changes_nothing_and_is_answered_the_same(tmp_path, someone, place):
    rows = [row(someone), row(someone, "b2", amount="-1"), row(someone, "r1", amount="10", reverses="b1")]
    said, _, first = handed_in(tmp_path, *rows)
    assert (said["settled"], said["given_back"], said["refused"], said["changed_nothing"]) == (1, 1, 1, False)
    before = Bill.objects.count(), Transfer.objects.count(), AuditEvent.objects.count()
    again, _, second = handed_in(tmp_path, *rows)
    assert again["changed_nothing"]
    assert first == second
    assert (Bill.objects.count(), Transfer.objects.count(), AuditEvent.objects.count()) == before


def test_what_is_given_back_stands_there_as_negative(tmp_path, someone, place):
    handed_in(tmp_path, row(someone, amount="130.00"))
    said, answers, _ = handed_in(
        tmp_path,
        row(someone, "r1", amount="50.00", reverses="b1", kind=""),
        row(someone, "r2", amount="", reverses="b1"),
    )
    assert said["given_back"] == 2
    assert [(one["result"], one["carried"], one["cash"]) for one in answers] == [
        ("已退回", "-20.00", "-30.00"),
        ("已退回", "-80.00", "0.00"),
    ]
    assert balances(someone).carried == 100_00


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fixmedins_code": "H404"}, "没有这个定点机构"),
        ({"certno": "999902198001010013"}, "校验"),
        ({"certno": "999902195505050014"}, "名册里没有这个人"),
        ({"setl_date": "2025-03-06"}, "在今天（2025-03-05）之后"),
        ({"setl_date": "2025-02-30"}, "setl_date"),
        ({"setl_date": "2019-12-31"}, "没有参保记录"),
        ({"kind": "体检"}, "应为 门诊、购药、住院、疫苗"),
        ({"amount": "0"}, "大于零"),
        ({"amount": "3.001"}, "最多两位小数"),
        ({"amount": "-3"}, "不能是负数"),
        ({"category": "美甲"}, "应为"),
        ({"category": "提取现金"}, "提取现金不能用个人账户付"),
        ({"bill_no": ""}, "没有填写单号"),
        ({"reverses": "b404"}, "本机构没有这个单号的结算单"),
        ({"amount": "=1+1"}, "公式"),
    ],
)
def test_a_row_that_cannot_be_settled_is_refused_alone_with_the_reason(tmp_path, someone, place, changes, reason):
    said, answers, _ = handed_in(tmp_path, row(someone, "bad", **changes), row(someone))
    assert [one["result"] for one in answers] == ["未结算", "已结算"]
    assert reason in answers[0]["reason"]
    assert answers[0]["cash"] == ""
    assert said["problems"][0]["row"] == 2
    assert someone.certno not in json.dumps(said)
    assert balances(someone).carried == 70_00


@pytest.mark.parametrize("written", [123456789012345678, "1.23457E+17"])
def test_a_number_that_a_sheet_has_rounded_is_no_number_of_a_bill(tmp_path, someone, place, written):
    path, out = tmp_path / "bills.xlsx", StringIO()
    book = openpyxl.Workbook()
    book.active.append(ALL)
    book.active.append([{**row(someone), "bill_no": written}[name] or None for name in ALL])
    book.save(path)
    with pytest.raises(CommandError, match="1 行没有结算"):
        call_command("import_bills", path, "--json", stdout=out)
    assert "末几位已丢失" in json.loads(out.getvalue())["problems"][0]["reason"]
    assert not Bill.objects.exists()


def test_a_row_with_too_many_cells_is_refused_alone(tmp_path, someone, place):
    path = csv_file(tmp_path / "bills.csv", [row(someone), row(someone, "b2")], ALL)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1] + ",x", lines[2]]) + "\n")
    out = StringIO()
    with pytest.raises(CommandError, match="1 行没有结算"):
        call_command("import_bills", path, stdout=out)
    assert "应为8列" in out.getvalue()
    assert list(Bill.objects.values_list("bill_no", flat=True)) == ["b2"]


def test_a_bill_of_another_institution_is_not_given_back(tmp_path, someone, place):
    clinic(code="H33090000002")
    handed_in(tmp_path, row(someone))
    said, answers, _ = handed_in(tmp_path, row(someone, "r1", reverses="b1", fixmedins_code="H33090000002"))
    assert (said["given_back"], answers[0]["reason"]) == (0, "reverses 本机构没有这个单号的结算单，请核对原单号")


def test_nor_one_of_another_person_nor_a_reversal(tmp_path, someone, place):
    other = insured()
    handed_in(tmp_path, row(someone), row(someone, "r1", reverses="b1", amount="1"))
    _, answers, _ = handed_in(tmp_path, row(other, "r2", reverses="b1"), row(someone, "r3", reverses="r1"))
    assert "不是同一个人" in answers[0]["reason"]
    assert "不能再退" in answers[1]["reason"]


def test_nothing_is_given_back_before_it_was_paid(tmp_path, someone, place):
    _, answers, _ = handed_in(tmp_path, row(someone), row(someone, "r1", reverses="b1", setl_date="2025-03-02"))
    assert answers[1]["reason"] == "setl_date 退的日期早于结算的日期 2025-03-03"


def test_a_number_for_another_bill_is_refused(tmp_path, someone, place):
    _, answers, _ = handed_in(tmp_path, row(someone), row(someone, amount="31"), row(someone))
    assert [one["result"] for one in answers] == ["已结算", "未结算", "已结算"]
    assert "换一个单号" in answers[1]["reason"]
    assert balances(someone).carried == 70_00


@pytest.mark.parametrize("cut", [1, 40])
def test_a_damaged_file_settles_nothing(tmp_path, someone, place, cut):
    path = csv_file(tmp_path / "bills.csv", [row(someone), row(someone, "b2")], ALL)
    path.write_bytes(path.read_bytes()[:-cut] if cut > 1 else path.read_bytes() + b'"')
    with pytest.raises(CommandError, match="没有导入任何内容"):
        call_command("import_bills", path, "--answer", str(tmp_path / "a.csv"), stdout=StringIO())
    assert not Bill.objects.exists()
    assert not (tmp_path / "a.csv").exists()


def test_unknown_columns_are_refused_and_the_optional_ones_may_be_missing(tmp_path, someone, place):
    said, _, _ = handed_in(tmp_path, row(someone), columns=COLUMNS)
    assert said["settled"] == 1
    with pytest.raises(CommandError, match="没有导入任何内容"):
        call_command("import_bills", csv_file(tmp_path / "x.csv", [{**row(someone), "extra": "1"}]), stdout=StringIO())


def test_the_answer_never_takes_the_place_of_the_file(tmp_path, someone, place):
    path = csv_file(tmp_path / "bills.csv", [row(someone)], ALL)
    before = path.read_bytes()
    with pytest.raises(CommandError, match="回执不能写在交来的文件 bills.csv 上"):
        call_command("import_bills", path, "--answer", str(tmp_path / "." / "bills.csv"), stdout=StringIO())
    assert (path.read_bytes(), Bill.objects.count()) == (before, 0)


def test_without_a_place_for_the_answer_nothing_is_settled(tmp_path, someone, place):
    path = csv_file(tmp_path / "bills.csv", [row(someone)], ALL)
    with pytest.raises(CommandError, match="没有地方写"):
        call_command("import_bills", path, "--answer", str(tmp_path / "gone" / "a.csv"), stdout=StringIO())
    assert not Bill.objects.exists()


def test_the_answer_is_no_formula_and_its_owners_alone(tmp_path, someone, place):
    _, answers, _ = handed_in(tmp_path, row(someone, "@SUM(A1)"))
    assert answers[0]["bill_no"] == "'@SUM(A1)"
    assert (tmp_path / "answer.csv").stat().st_mode & 0o777 == 0o600


def test_a_relatives_money_is_named_apart(tmp_path, place):
    with time_machine.travel(family.NOW, tick=False):
        user, payer = family.insured(resident=True), family.insured(carried=50_00)
        family.bond(payer, user)
        clinic(family.RUIAN, code="H33038100001")
        _, answers, _ = handed_in(
            tmp_path, row(user, fixmedins_code="H33038100001", setl_date=str(family.TODAY), amount="60")
        )
    assert [answers[0][name] for name in ("carried", "relatives", "cash")] == ["0.00", "50.00", "10.00"]


def listed(*filters: str) -> list[dict[str, str]]:
    out = StringIO()
    call_command("bills", "--json", *filters, stdout=out)
    return json.loads(out.getvalue())["bills"]


def test_bills_are_listed_masked_and_filtered(tmp_path, someone, place):
    handed_in(tmp_path, row(someone, category="自费"), row(someone, "r1", amount="10", reverses="b1"))
    paid, back = listed("--region", ZHOUSHAN, "--day", str(ON), "--institution", place.code)
    assert (paid["bill_no"], paid["kind"], paid["category"], paid["amount"]) == ("b1", "门诊", "自费", "30.00")
    assert (back["reverses"], back["amount"], back["carried"]) == ("b1", "-10.00", "-10.00")
    assert paid["certno"] == f"9999**********{someone.certno[-4:]}"
    assert paid["psn_name"] != someone.name
    other = clinic(code="H33090000002").code
    assert listed("--region", "330381") == listed("--day", "2025-03-04") == listed("--institution", other) == []
    out = StringIO()
    call_command("bills", stdout=out)
    assert "退 b1" in out.getvalue()
    assert "共 2 张" in out.getvalue()


def test_a_file_that_was_broken_off_is_finished_by_handing_it_in_again(tmp_path, someone, place):
    """Rows are settled one by one: those before stand, and the answer is that of a file that was never broken off."""
    rows = [row(someone, f"b{number}", amount="10") for number in range(5)]
    path = csv_file(tmp_path / "bills.csv", rows, ALL)

    def stops(what: str, done: int, total: int) -> None:
        if what == "结算" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_bills(act=act_on(date(2025, 3, 5)), path=path, progress=stops)
    assert Bill.objects.count() == 3
    said, answers, _ = handed_in(tmp_path, *rows)
    assert (said["settled"], Bill.objects.count(), balances(someone).carried) == (5, 5, 50_00)
    assert {one["carried"] for one in answers} == {"10.00"}


def test_a_record_that_was_merged_away_still_finds_its_bills(tmp_path, place):
    gone, kept = record(), record(from_on=date(2025, 6, 1))
    give(gone, 100_00, on=ON, key="give")
    rows = [row(gone)]
    _, _, first = handed_in(tmp_path, *rows)
    with time_machine.travel("2025-07-11 09:00:00+08:00", tick=False):
        merge(Desk(), gone, kept)
        again, _, second = handed_in(tmp_path, *rows)
        assert (again["changed_nothing"], first) == (True, second)
        back, answers, _ = handed_in(tmp_path, row(gone, "r1", reverses="b1", setl_date="2025-07-11"))
    assert (back["given_back"], answers[0]["carried"]) == (1, "-30.00")
    assert list(findings()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bill_no": "b\x001"}, "bill_no"),
        ({"bill_no": "x" * 61}, "单号"),
        ({"amount": "9" * 30}, "amount"),
        ({"amount": "12345678901.00"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"setl_date": "0001-01-01"}, ""),
        ({"setl_date": "9999-12-31"}, ""),
        ({"certno": "x\x00"}, ""),
        ({"fixmedins_code": "H\x00"}, ""),
        ({"reverses": "b\x00"}, ""),
    ],
)
def test_what_cannot_be_stops_nobody_else(tmp_path, someone, place, changes, said):
    result, answers, _ = handed_in(tmp_path, row(someone, "bad") | changes, row(someone, "good"))
    assert (result["refused"], result["settled"]) == (1, 1)
    assert said in answers[0]["reason"]


def test_a_number_typed_in_two_forms_of_letters_is_given_back(tmp_path, someone, place):
    handed_in(tmp_path, row(someone, "e\u0301-1"))
    back, _, _ = handed_in(tmp_path, row(someone, "r1", reverses="e\u0301-1"))
    assert back["given_back"] == 1
