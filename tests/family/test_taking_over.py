"""import_bonds: relations of the old system stand here as they stood there, and nobody is told anew."""

from datetime import date
from pathlib import Path

import pytest

from accounts.codes import CertificateType
from accounts.models import HeldRow, Notice, OutboxMessage, Region
from accounts.roster import held as held_rows
from accounts.roster.drafts import ImportResult
from accounts.roster.problems import ImportRefusedError
from family.codes import BondState, Consent, EventKind
from family.models import Bond, Event
from family.operations import bonds
from family.queries.bonds import history
from family.roster import import_bonds
from tests.factories.family import ACT, RUIAN, insured
from tests.factories.files import csv_file
from tests.factories.people import certno

pytestmark = pytest.mark.usefixtures("policies_loaded")

BORN = {"payer": date(1980, 3, 4), "parent": date(1952, 5, 6), "child": date(2012, 1, 2)}


@pytest.fixture
def family():
    payer = insured(serial=701, birth_on=BORN["payer"])
    parent = insured(serial=702, birth_on=BORN["parent"], resident=True)
    child = insured(serial=703, birth_on=BORN["child"], resident=True)
    return payer, parent, child


def row(payer, user, **changes: str) -> dict[str, str]:
    return {
        "payer_certno": payer.certno,
        "user_certno": user.certno,
        "insuplc_admdvs": RUIAN,
        "relation": "父母",
        "scopes": "医疗 代缴",
        "limit": "1200.00",
        "from_on": "2024-05-01",
        "until_on": "",
        "place": "",
        **changes,
    }


def bring(tmp_path: Path, *rows: dict[str, str], name: str = "bonds.csv") -> ImportResult:
    return import_bonds(act=ACT, path=csv_file(tmp_path / name, rows))


def refused(tmp_path: Path, *rows: dict[str, str], name: str = "bad.csv") -> dict[int, str]:
    before = Bond.objects.count()
    with pytest.raises(ImportRefusedError) as refusal:
        bring(tmp_path, *rows, name=name)
    assert Bond.objects.count() == before
    return {problem.row: problem.reason for problem in refusal.value.problems}


def test_a_relation_stands_as_it_stood(family, tmp_path):
    payer, parent, child = family
    assert bring(tmp_path, row(payer, parent), row(payer, child, relation="子女", limit="")).bonds_added == 2
    bond = Bond.objects.get(user=parent)
    assert (bond.state, bond.consent, bond.limit_fen) == (BondState.ACTIVE, Consent.MIGRATED, 120_000)
    assert (bond.from_on, sorted(bond.scopes)) == (date(2024, 5, 1), ["medical", "premium"])
    assert [mark.words for mark in history(bond, for_payer=True)] == ["从原系统转入"]
    assert Event.objects.get(bond=bond).undo_until is None


@pytest.mark.parametrize("written", ["医疗 代缴", "医疗、代缴", "代缴，医疗", "医疗 ; 代缴"])
def test_what_it_is_for_is_read_as_people_write_it(family, tmp_path, written):
    bring(tmp_path, row(*family[:2], scopes=written, limit="¥1,200"))
    bond = Bond.objects.get()
    assert (sorted(bond.scopes), bond.limit_fen) == (["medical", "premium"], 120_000)


def test_relatives_without_an_identity_card_are_found_by_what_they_have(family, tmp_path):
    payer, _, child = family
    child.certno, child.cert_type = "X330012345", CertificateType.BIRTH
    child.save()
    bring(tmp_path, row(payer, child, relation="子女"))
    assert Bond.objects.get().user == child


def test_nobody_gets_a_message_for_it(family, tmp_path):
    bring(tmp_path, row(*family[:2]))
    assert (Notice.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_with_hold_a_relation_that_does_not_fit_waits_until_it_is_mended(family, tmp_path):
    payer, parent, child = family
    path = csv_file(tmp_path / "bonds.csv", [row(payer, parent), row(payer, child, relation="父母")])
    result = import_bonds(act=ACT, path=path, hold=True)
    assert (result.bonds_added, len(result.held), Bond.objects.count()) == (1, 1, 1)
    waits = HeldRow.objects.get()
    with pytest.raises(held_rows.HeldRowError, match="还不能导入"):
        held_rows.confirm(act=ACT, ids=[waits.pk])
    held_rows.mend(act=ACT, row_id=waits.pk, cells={"relation": "子女"})
    held_rows.confirm(act=ACT, ids=[waits.pk])
    assert Bond.objects.get(user=child).consent == Consent.MIGRATED


def test_last_years_balance_is_no_matter_for_a_relation_that_stands(family, tmp_path):
    """The payer holds nothing; the gate of 瑞安 is for who binds now."""
    assert bring(tmp_path, row(*family[:2])).bonds_added == 1


def test_what_does_not_fit_is_named_and_nothing_is_half_done(family, tmp_path):
    payer, parent, child = family
    reasons = refused(
        tmp_path,
        row(payer, parent),
        row(payer, child),
        row(payer, parent, relation="兄弟姐妹"),
        row(payer, payer),
        row(payer, child, relation="子女", until_on="2025-12-31"),
        row(payer, child, relation="子女", from_on="2026-03-11"),
        row(payer, child, relation="子女", scopes="药店"),
        row(payer, child, relation="女婿"),
    )
    assert "按出生日期，父母应比子女至少大12岁" in reasons[3]
    assert "已经绑定" in reasons[4]
    assert "不能邀请自己" in reasons[5]
    assert "结束日期" in reasons[6]
    assert reasons[7] == "开始日期在今天之后"
    assert "医疗、代缴" in reasons[8]
    assert "使用人是出钱人的什么人" in reasons[9]
    assert 2 not in reasons


def test_nobody_has_two_spouses(tmp_path):
    payer, one, two = (insured(serial=710 + n, birth_on=date(1980, 1, 1 + n), gender=1 + bool(n)) for n in range(3))
    reasons = refused(tmp_path, row(payer, one, relation="配偶"), row(payer, two, relation="配偶"))
    assert reasons == {3: "一个人只能有一位配偶（您的家庭共济里已经有另一位配偶）"}


def test_somebody_unknown_is_named_without_the_number(family, tmp_path):
    with pytest.raises(ImportRefusedError) as refusal:
        bring(tmp_path, row(family[0], family[1], user_certno=certno(999)))
    (problem,) = refusal.value.problems
    assert (problem.column, "请先导入参保名册" in problem.reason) == ("user_certno", True)
    assert certno(999) not in str(problem)


def test_taken_over_once_a_relation_that_ended_here_does_not_come_back(family, tmp_path):
    payer, parent, child = family
    bring(tmp_path, row(payer, parent))
    Bond.objects.update(state=BondState.ENDED, end_reason="removed")
    again = bring(tmp_path, row(payer, parent), row(payer, child, relation="子女"), name="more.csv")
    assert again.bonds_added == 1
    assert Bond.objects.get(user=parent).has_ended
    assert Event.objects.filter(kind=EventKind.MIGRATED).count() == 2


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"limit": "900.00"}, "额度"),
        ({"scopes": "医疗", "until_on": "2999-12-31"}, "用途、结束日期"),
    ],
)
def test_a_later_file_that_says_otherwise_changes_nothing_and_is_told_so(family, tmp_path, changes, named):
    bring(tmp_path, row(*family[:2]))
    reasons = refused(tmp_path, row(*family[:2], **changes))
    assert reasons == {2: f"以前已经转入，这一行的{named}不同；文件不改已有的关系，要改的请在窗口办"}
    assert bring(tmp_path, row(*family[:2], place="3"), name="more.csv").bonds_added == 0


def test_what_people_have_changed_since_is_no_contradiction(family, tmp_path):
    bring(tmp_path, row(*family[:2]))
    bond = Bond.objects.get()
    bonds.set_limit(act=ACT, payer=family[0], bond_id=bond.pk, limit_fen=50_000)
    assert (
        bring(tmp_path, row(*family[:2]), row(family[0], family[2], relation="子女"), name="more.csv").bonds_added == 1
    )
    bond.refresh_from_db()
    assert bond.limit_fen == 50_000


def test_the_same_file_twice_changes_nothing(family, tmp_path):
    bring(tmp_path, row(*family[:2]))
    assert bring(tmp_path, row(*family[:2])).known_file
    assert Region.objects.get(code=RUIAN).live_on is None
