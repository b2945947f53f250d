"""更正姓名或证件号码 at a counter: by two people, kept as it was, and not undone by the next roster."""

import json
from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accounts.codes import CaseKind, CaseState
from accounts.ledger.freezing import reported_deaths
from accounts.models import AuditEvent, Enrolment, FormerCertificate, LookupCount, Person, PersonCorrection, User
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalMovedError
from accounts.operations.cases import deciding, desk
from accounts.operations.cases.handlers import handler_of
from accounts.operations.life_events import death
from accounts.queries.people import find_by_certno
from accounts.roster import correcting, withdrawing
from accounts.roster.people import import_roster
from tests.accounts.operations.counter_kit import REGION, TODAY, Counter
from tests.accounts.operations.life_kit import PAPER
from tests.factories.family import balance_of, bond, insured
from tests.factories.files import csv_file, roster_row
from tests.factories.notices import titles
from tests.factories.people import PersonFactory, certno
from tests.factories.users import citizen, signed_in

pytestmark = pytest.mark.usefixtures("policies_loaded")

WRONG, RIGHT = "陈小明", "陈晓明"
OLD, NEW = certno(41_001), certno(41_002)


def birth(number: str) -> str:
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def person():
    return insured(REGION, carried=500_00, name=WRONG, certno=OLD, gender=1, birth_on=date.fromisoformat(birth(OLD)))


def told(counter: Counter, subject, *, reason: str = "mistaken", gender: str = "", papers=("own_card",), **private):
    case = counter.open(CaseKind.CORRECTION, subject)
    return desk.save(
        act=counter.act(),
        number=case.number,
        version=case.version,
        asked={"gender": gender, "reason": reason},
        private=json.dumps({"name": "", "certno": "", **private}, ensure_ascii=False),
        identities_checked=True,
        papers=[{"code": code, "number": "瑞公〔2026〕1号" if code == "change_paper" else ""} for code in papers],
    )


def stop(counter: Counter, case) -> str:
    return deciding.assess(counter.act(), case).stops[0]


@pytest.mark.parametrize("kind", [CaseKind.CORRECTION, CaseKind.TRANSFER, CaseKind.LEAVE, CaseKind.REIMBURSE])
def test_who_comes_for_somebody_shows_their_card_and_the_power_of_attorney(counter, person, kind):
    case = counter.open(kind, person)
    alone = {paper.code for paper in deciding.assess(counter.act(), case).papers}
    case = desk.save(act=counter.act(), number=case.number, version=0, power_number="瑞证字1号")
    missing = {paper.code for paper in deciding.assess(counter.act(), case).missing(case)}
    assert missing & {"agent_card", "power"} == {"agent_card", "power"}
    assert not alone & {"agent_card", "power"}


def test_each_number_tried_counts_as_a_look_up_and_stands_on_the_record_of_who_has_it(counter, person):
    other = counter.insured(certno=NEW)
    case = counter.open(CaseKind.CORRECTION, person)
    browser, at = signed_in(counter.clerk), reverse("counter_case", args=[case.number])
    for number, used in ((NEW, 1), (NEW, 1), (certno(41_003), 2), ("", 2)):
        case.refresh_from_db()
        data = {"section": "asked", "version": case.version, "reason": "mistaken", "name": RIGHT, "certno": number}
        assert browser.post(at, data).status_code == 302
        assert LookupCount.objects.get(clerk=counter.clerk).used == used
    (trace,) = AuditEvent.objects.filter(verb="lookup", subject=other)
    assert (trace.case, trace.detail["purpose"]) == (case.number, CaseKind.CORRECTION)
    LookupCount.objects.update(most=2)
    answer = browser.post(at, {**data, "version": case.version + 1, "certno": certno(41_004)})
    assert "次数用完了" in answer.content.decode()


def row(**changes: str) -> dict[str, str]:
    """Return what the bureau's roster says of the person, as it stood before."""
    person = Person.objects.order_by("pk").first()
    return roster_row(1) | {
        "certno": OLD,
        "psn_name": WRONG,
        "gend": "1",
        "brdy": birth(OLD),
        "mob": str(person.phone),
        "insuplc_admdvs": REGION,
        "facts_date": str(TODAY + timedelta(days=1)),
        **changes,
    }


def imported(counter: Counter, tmp_path, *rows, name: str = "later.csv"):
    return import_roster(act=counter.act(on=TODAY + timedelta(days=1)), path=csv_file(tmp_path / name, rows))


class TestDone:
    def test_a_name_waits_for_a_second_person_and_keeps_what_it_was(self, counter, person):
        user = citizen("19900000041", person)
        waiting = counter.submit(told(counter, person, name=RIGHT)).case
        person.refresh_from_db()
        assert (waiting.state, person.name) == (CaseState.WAITING, WRONG)
        approval = waiting.approval
        approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        person.refresh_from_db()
        kept = PersonCorrection.objects.get(person=person)
        assert (person.name, kept.name_before, kept.name, kept.reason) == (RIGHT, WRONG, RIGHT, "登记时录错了")
        assert kept.approval == approval
        assert User.objects.get(pk=user.pk).person == person
        assert titles(person) == ["您登记的姓名更正了"]
        event = AuditEvent.objects.get(verb="person.corrected")
        assert (event.case, event.detail) == (waiting.number, {"correction": kept.pk})

    def test_a_number_leads_to_the_same_person_as_the_one_before_and_all_of_theirs_stays(self, counter, person):
        shared = bond(person, insured(REGION, resident=True))
        counter.finish(told(counter, person, certno=NEW))
        found = find_by_certno(NEW)
        assert found == person == find_by_certno(OLD)
        assert (str(found.certno), balance_of(found), shared.payer) == (NEW, 500_00, found)
        former = FormerCertificate.objects.get()
        assert (former.certno, former.person, former.source) == (OLD, person, None)
        assert PersonCorrection.objects.get().former == former

    def test_the_birthday_follows_the_number(self, counter, person):
        counter.finish(told(counter, person, certno=NEW))
        person.refresh_from_db()
        assert person.birth_on.strftime("%Y%m%d") == NEW[6:14]

    def test_one_person_alone_corrects_nothing_by_whatever_door(self, counter, person):
        waiting = counter.submit(told(counter, person, name=RIGHT)).case
        to = correcting.Corrected(RIGHT, 1)
        with pytest.raises(correcting.CorrectionError, match="另一位同事复核"):
            correcting.correct(
                act=counter.act(), person=person, to=to, approval=waiting.approval, reason="登记时录错了"
            )
        with pytest.raises(IntegrityError):
            PersonCorrection.objects.create(
                person=person,
                name_before=WRONG,
                name=RIGHT,
                gender_before=1,
                gender=1,
                reason="录错",
                at=counter.act().at,
            )

    def test_what_is_personal_stands_only_where_it_is_sealed(self, counter, person):
        waiting = counter.submit(told(counter, person, name=RIGHT, certno=NEW)).case
        approval = waiting.approval
        plain = [waiting.asked, waiting.words, approval.asked, approval.content, approval.words]
        text = json.dumps(plain, ensure_ascii=False)
        assert not [secret for secret in (WRONG, RIGHT, OLD, NEW) if secret in text]
        assert ["更正", "姓名、证件号码"] in waiting.words

    def test_clerk_and_reviewer_compare_it_in_full(self, counter, person):
        case = told(counter, person, name=RIGHT)
        assert handler_of(case.kind).tells(case) == [("姓名（全）", f"{WRONG} → {RIGHT}")]


class TestRefused:
    def test_a_number_that_somebody_else_has(self, counter, person):
        PersonFactory(certno=NEW)
        assert "请办登记合并" in stop(counter, told(counter, person, certno=NEW))

    def test_or_had(self, counter, person):
        FormerCertificate.objects.create(person=PersonFactory(), certno=NEW, actor="system:test", at=counter.act().at)
        assert "请办登记合并" in stop(counter, told(counter, person, certno=NEW))

    def test_somebody_who_gets_the_number_meanwhile_voids_it(self, counter, person):
        waiting = counter.submit(told(counter, person, certno=NEW)).case
        PersonFactory(certno=NEW)
        approval = waiting.approval
        with pytest.raises(ApprovalMovedError, match="登记合并"):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        waiting.refresh_from_db()
        person.refresh_from_db()
        assert (waiting.state, str(person.certno)) == (CaseState.RETURNED, OLD)

    def test_a_roster_that_renames_them_meanwhile_voids_it(self, counter, person):
        waiting = counter.submit(told(counter, person, name=RIGHT)).case
        Person.objects.filter(pk=person.pk).update(name="陈大明")
        approval = waiting.approval
        with pytest.raises(ApprovalMovedError):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)

    @pytest.mark.parametrize(
        ("private", "why"),
        [
            ({"name": WRONG}, "没有要更正的"),
            ({"certno": OLD}, "没有要更正的"),
            ({"certno": OLD[:-1] + ("0" if OLD[-1] != "0" else "1")}, "校验位"),
        ],
    )
    def test_what_changes_nothing_or_is_no_number(self, counter, person, private, why):
        assert why in stop(counter, told(counter, person, **private))

    def test_a_birthday_after_they_were_insured(self, counter, person):
        assert "参保记录早于" in stop(counter, told(counter, person, certno=certno(1, date(2021, 1, 1))))

    def test_a_change_needs_the_paper_of_the_police(self, counter, person):
        assert "缺：公安机关的变更证明" in stop(counter, told(counter, person, name=RIGHT, reason="changed"))
        case = told(counter, person, name=RIGHT, reason="changed", papers=("own_card", "change_paper"))
        assert counter.finish(case).state == CaseState.DONE


class TestFilesThatComeAfterwards:
    @pytest.mark.parametrize("phone", ["", "19900000049"])
    def test_the_old_name_does_not_come_back_and_the_rest_of_the_row_does(self, counter, person, tmp_path, phone):
        counter.finish(told(counter, person, name=RIGHT))
        result = imported(counter, tmp_path, row(mob=phone, psn_insu_stas="2", stas_date="2026-03-01"))
        person.refresh_from_db()
        assert (person.name, str(person.phone), result.held) == (RIGHT, phone, ())
        assert Enrolment.objects.filter(person=person, status=2).exists()

    def test_nor_does_the_old_gender(self, counter, person, tmp_path):
        counter.finish(told(counter, person, gender="2"))
        imported(counter, tmp_path, row())
        person.refresh_from_db()
        assert person.gender == 2

    def test_nor_the_old_number_with_the_old_name(self, counter, person, tmp_path):
        counter.finish(told(counter, person, name=RIGHT, certno=NEW))
        result = imported(counter, tmp_path, row())
        person.refresh_from_db()
        assert (person.name, str(person.certno), result.people_added, result.held) == (RIGHT, NEW, 0, ())

    def test_a_newer_name_of_the_roster_is_taken_as_ever(self, counter, person, tmp_path):
        counter.finish(told(counter, person, name=RIGHT))
        imported(counter, tmp_path, row(psn_name="陈明"))
        person.refresh_from_db()
        assert person.name == "陈明"

    def test_what_was_corrected_back_is_believed_again(self, counter, person, tmp_path):
        counter.finish(told(counter, person, name=RIGHT))
        person.refresh_from_db()
        counter.finish(told(counter, person, name=WRONG))
        imported(counter, tmp_path, row())
        person.refresh_from_db()
        assert person.name == WRONG

    def test_withdrawing_the_roster_that_had_brought_the_wrong_number_leaves_the_corrected_one(
        self, counter, person, tmp_path
    ):
        typo = certno(41_003)
        before = counter.act(on=TODAY - timedelta(days=1))
        path = csv_file(tmp_path / "typo.csv", [row(certno=typo, old_certno=OLD, brdy=birth(typo), facts_date="")])
        typed = import_roster(act=before, path=path)
        person.refresh_from_db()
        counter.finish(told(counter, person, certno=NEW))
        withdrawing.withdraw(act=counter.act(), import_id=typed.import_id, reason="号码录错")
        person.refresh_from_db()
        assert str(person.certno) == NEW
        assert find_by_certno(OLD) == person, "the number they had before the mistake"


def test_a_death_that_was_none_is_corrected_by_two(counter, person):
    death.report_death(act=counter.act(), person=person, on=TODAY, paper=PAPER, reason="去世")
    case = counter.open(CaseKind.ALIVE, person)
    case = desk.save(
        act=counter.act(),
        number=case.number,
        version=0,
        asked={"proof": "police"},
        identities_checked=True,
        papers=[{"code": "police", "number": "瑞公〔2026〕2号"}],
    )
    assert counter.submit(case).case.state == CaseState.WAITING
    assert reported_deaths([person.pk])
    case.refresh_from_db()
    approvals.approve(act=counter.act(counter.reviewer), approval_id=case.approval.pk, digest=case.approval.digest)
    case.refresh_from_db()
    assert (case.state, reported_deaths([person.pk])) == (CaseState.DONE, {})


def test_nobody_alive_is_corrected_to_be_alive(counter, person):
    case = counter.open(CaseKind.ALIVE, person)
    assert "没有登记过这个人的死亡" in deciding.assess(counter.act(), case).stops[-1]
