"""变更登录手机号 at a counter: who may, what follows, and what it says before."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.codes import CaseKind, CaseState, NoticeKind, TieKind
from accounts.models import Notice, OutboxMessage, User
from accounts.operations import identity
from accounts.operations.cases import deciding, desk
from accounts.operations.cases.access import CaseError
from accounts.operations.cases.sign_ins import words_of_code
from accounts.operations.life_events import death
from accounts.policies import registry
from family.rules import eligibility
from tests.accounts.operations.counter_kit import REGION, TODAY, Counter
from tests.accounts.operations.life_kit import PAPER
from tests.factories.notices import titles
from tests.factories.people import PersonFactory
from tests.factories.users import citizen, limited

pytestmark = pytest.mark.usefixtures("policies_loaded")

OLD, NEW = "19900000021", "19900000022"


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def alone(monkeypatch) -> None:
    """A region in which one clerk does it."""
    terms = registry.counter(REGION, TODAY)
    monkeypatch.setattr(registry, "counter", lambda region, on: replace(terms, reviewed=()))


def told(counter: Counter, kind: CaseKind, subject, phone: str = NEW, *, asked=None, **changes):
    """Return a case whose form was filled in, all seen."""
    case = counter.open(kind, subject)
    private = json.dumps({"phone": phone}) if phone else ""
    case = desk.save(
        act=counter.act(), number=case.number, version=case.version, asked=asked or {}, private=private, **changes
    )
    return counter.seen(case, "own_card")


def stops(counter: Counter, case) -> tuple[str, ...]:
    return deciding.assess(counter.act(), case).stops


def test_the_old_number_is_told_and_the_person_signs_in_with_the_new_one(counter):
    person = counter.insured()
    user = citizen(OLD, person)
    done = counter.finish(told(counter, CaseKind.PHONE, person))
    user.refresh_from_db()
    assert (done.state, user.phone, user.phone_changed_at) == (CaseState.DONE, NEW, counter.act().at)
    (message,) = OutboxMessage.objects.filter(template="phone_changed")
    assert message.phone == OLD
    assert titles(person) == ["您的登录手机号改了"]
    assert Notice.objects.get(person=person).kind == NoticeKind.SECURITY


def test_what_follows_is_said_before_with_the_time_that_holds(counter, monkeypatch):
    monkeypatch.setattr(eligibility, "PHONE_COOL_OFF", timedelta(hours=48))
    person = counter.insured()
    citizen(OLD, person)
    words = dict(deciding.assess(counter.act(), told(counter, CaseKind.PHONE, person)).words)
    assert (words["新的登录手机号"], words["原来的手机号"]) == ("199****0022", "199****0021，会收到短信")
    assert "换号后2天内不能邀请" in words["换号以后"]


def test_neither_number_stands_in_what_is_not_sealed(counter):
    person = counter.insured()
    citizen(OLD, person)
    done = counter.finish(told(counter, CaseKind.PHONE, person))
    plain = json.dumps([done.asked, done.words, done.record, done.said], ensure_ascii=False)
    assert OLD not in plain
    assert NEW not in plain


def test_no_agent_changes_it(counter):
    person = counter.insured()
    citizen(OLD, person)
    case = told(counter, CaseKind.PHONE, person, power_number="瑞证字1号")
    assert stops(counter, case) == ("这类业务不能代办，要本人来",)
    with pytest.raises(CaseError, match="要本人来"):
        counter.submit(case)


def test_whoever_is_not_online_yet_is_offered_a_code(counter):
    (stop,) = stops(counter, told(counter, CaseKind.PHONE, counter.insured()))
    assert "开通网上登录" in stop


@pytest.mark.parametrize(("phone", "why"), [("", "请填新的登录手机号"), (OLD, "不用改")])
def test_a_number_that_changes_nothing_is_not_submitted(counter, phone, why):
    person = counter.insured()
    citizen(OLD, person)
    (stop,) = stops(counter, told(counter, CaseKind.PHONE, person, phone))
    assert why in stop


def test_a_number_that_signs_in_somebody_else_is_not_taken_from_them(counter):
    person = counter.insured()
    citizen(OLD, person)
    citizen(NEW, PersonFactory())
    with pytest.raises(CaseError, match="另一个人的登录手机号"):
        counter.submit(told(counter, CaseKind.PHONE, person))


def test_a_number_proven_by_somebody_else_meanwhile_is_refused_and_nothing_is_half_done(counter, alone, monkeypatch):
    """Both find the number free; whoever is second is told, and their case is as it was."""
    person = counter.insured()
    user = citizen(OLD, person)
    case = told(counter, CaseKind.PHONE, person)
    shown = counter.digest(case)
    assess = deciding.assess

    def and_then_somebody_is_faster(act, case):
        found = assess(act, case)
        citizen(NEW, PersonFactory())
        return found

    monkeypatch.setattr(deciding, "assess", and_then_somebody_is_faster)
    with pytest.raises(identity.PhoneTakenError):
        deciding.submit(act=counter.act(), number=case.number, version=case.version, digest=shown)
    user.refresh_from_db()
    case.refresh_from_db()
    assert (user.phone, case.state) == (OLD, CaseState.OPEN)


def test_a_limited_sign_in_is_asked_about(counter):
    person = counter.insured(phone=OLD)
    limited("19900000029", person)
    (note,) = deciding.assess(counter.act(), told(counter, CaseKind.PHONE, person)).notes
    assert "账户被别人绑定" in note


@pytest.mark.parametrize("kind", [CaseKind.PHONE, CaseKind.TAKE_BACK, CaseKind.IDENTITY_CODE])
def test_nothing_is_opened_for_the_dead(counter, kind):
    person = counter.insured()
    death.report_death(act=counter.act(), person=person, on=TODAY, paper=PAPER, reason="去世")
    (stop,) = stops(counter, told(counter, kind, person, asked={"way": "code"}))
    assert "先办「死亡登记有误」" in stop


class TestTakingBack:
    def test_whoever_nobody_is_tied_to_has_nothing_to_take_back(self, counter):
        (stop,) = stops(counter, told(counter, CaseKind.TAKE_BACK, counter.insured(), "", asked={"way": "code"}))
        assert "开通网上登录" in stop

    def test_the_owner_gets_a_code_that_is_shown_once(self, counter, alone):
        person = counter.insured()
        limited(OLD, person)
        case = told(counter, CaseKind.TAKE_BACK, person, "", asked={"way": "code"})
        assert words_of_code(counter.act(), case)[0] == "发核验码"
        done = counter.submit(case)
        assert not User.objects.filter(person=person).exists()
        own = citizen(NEW)
        assert identity.prove_by_code(act=counter.act(own), user=own, typed=done.shown_once, address="a") == person
        assert done.shown_once not in str(vars(done.case))

    def test_or_the_sign_in_they_have_already(self, counter):
        person, own = counter.insured(), citizen(NEW)
        limited(OLD, person)
        done = counter.finish(told(counter, CaseKind.TAKE_BACK, person, asked={"way": "phone"}))
        own.refresh_from_db()
        assert (own.person, own.tied_by, done.state) == (person, TieKind.COUNTER, CaseState.DONE)

    def test_where_a_reviewer_looks_the_code_is_given_afterwards(self, counter):
        person = counter.insured()
        limited(OLD, person)
        case = told(counter, CaseKind.TAKE_BACK, person, "", asked={"way": "code"})
        assert words_of_code(counter.act(), case)[0] == "先收回"
        assert "收回以后，由本人" in dict(deciding.assess(counter.act(), case).words)["本人以后怎么登录"]
        assert "办「开通网上登录」" in counter.finish(case).said
        assert not User.objects.filter(person=person).exists()

    @pytest.mark.parametrize(
        ("phone", "why"), [("19900000023", "没有登录过"), (OLD, "不是别人的"), ("19900000024", "另一个人")]
    )
    def test_not_every_number_is_theirs(self, counter, phone, why):
        person = counter.insured()
        limited(OLD, person)
        citizen("19900000024", PersonFactory())
        (stop,) = stops(counter, told(counter, CaseKind.TAKE_BACK, person, phone, asked={"way": "phone"}))
        assert why in stop

    def test_an_agent_ends_the_tie_and_gets_no_code(self, counter, alone):
        person = counter.insured()
        limited(OLD, person)
        case = told(counter, CaseKind.TAKE_BACK, person, "", asked={"way": "code"}, power_number="瑞证字1号")
        assert stops(counter, case) == ("缺：代办人的身份证", "缺：经公证处公证的委托书")
        case = counter.seen(case, "own_card", "agent_card", "power")
        done = counter.finish(case)
        assert done.approval is not None
        assert "请本人带身份证" in done.said
        assert not User.objects.filter(person=person).exists()

    def test_an_agent_puts_nobody_in_their_place(self, counter):
        person = counter.insured()
        limited(OLD, person)
        citizen(NEW)
        case = told(counter, CaseKind.TAKE_BACK, person, asked={"way": "phone"}, power_number="瑞证字1号")
        assert "请改选「先收回」" in stops(counter, case)[-1]


@pytest.mark.parametrize("phone", [OLD, ""])
def test_a_text_message_is_promised_only_to_a_number_that_there_is(counter, phone):
    person = counter.insured(phone=phone)
    citizen(phone, person)
    code = counter.seen(counter.open(CaseKind.IDENTITY_CODE, person), "own_card")
    for case in (code, told(counter, CaseKind.PHONE, person)):
        words = dict(deciding.assess(counter.act(), case).words)
        assert ("会收到短信" in " ".join(words.values())) == bool(phone)
    done = counter.finish(told(counter, CaseKind.PHONE, person))
    assert ("会收到短信" in done.said) == bool(phone)
    assert OutboxMessage.objects.filter(template="phone_changed").exists() == bool(phone)


def test_where_nothing_is_tied_no_sign_in_is_said_to_end(counter):
    case = counter.seen(counter.open(CaseKind.IDENTITY_CODE, counter.insured()), "own_card")
    assert dict(deciding.assess(counter.act(), case).words)["原来绑定的登录"] == "没有"
