"""更正姓名或证件号码 at a counter. Two people always: it decides whose money an account holds."""

from django.utils.crypto import salted_hmac

from accounts.codes import CaseKind, Gender
from accounts.errors import AccountsError
from accounts.identity import certificates
from accounts.identity.actors import Act
from accounts.models import Case, Person
from accounts.operations.cases.handlers import (
    Assessment,
    CaseHandler,
    NeededPaper,
    Outcome,
    Words,
    register,
)
from accounts.operations.cases.identity_papers import who_comes
from accounts.roster.correcting import Corrected, correct, why_not
from yibao.lib.masking import masked_certno

# Why it is corrected (Case.asked["reason"]).
MISTAKEN, CHANGED = "mistaken", "changed"
REASONS = {MISTAKEN: "登记时录错了", CHANGED: "公安机关改过"}
CHANGE_PAPER = NeededPaper(
    "change_paper", "公安机关的变更证明", "原件；户口本上的变更页也可以", "户籍地派出所", numbered=True
)


def to_of(case: Case) -> Corrected:
    """Return what is asked for; what is not filled in stays. Raises BadCertificateError."""
    private, person = case.private_answers, case.subject
    number = certificates.normalise(private.get("certno") or "")
    certificate = certificates.read_any(number) if number and number != person.certno else None
    return Corrected(private.get("name") or person.name, int(case.asked.get("gender") or person.gender), certificate)


def _assess(act: Act, case: Case) -> Assessment:
    reason = case.asked.get("reason")
    papers = (*who_comes(case), CHANGE_PAPER) if reason == CHANGED else who_comes(case)
    if reason not in REASONS:
        return Assessment(stops=("请选为什么更正",), papers=papers)
    try:
        to = to_of(case)
    except AccountsError as error:
        return Assessment(stops=(error.message,), papers=papers)
    if why := why_not(act, case.subject, to):
        return Assessment(stops=(why,), papers=papers)
    return Assessment(
        content={"person": case.subject_id, "now": _state_of(case.subject), "gender": to.gender},
        words=[*_masked(case.subject, to), *_what_follows(to), ("原因", REASONS[reason])],
        notes=_notes(to),
        papers=papers,
    )


def _state_of(person: Person) -> str:
    """Return what stands for who the person is now: it changes with them, and tells nothing."""
    whole = f"{person.name}|{person.gender}|{person.certno}"
    return salted_hmac("accounts.correction", whole, algorithm="sha256").hexdigest()


def _differences(person: Person, to: Corrected) -> list[tuple[str, str, str]]:
    """Return label, before and after of everything that is corrected."""
    found = [("姓名", person.name, to.name), ("性别", Gender(person.gender).label, Gender(to.gender).label)]
    if to.certificate:
        found.append(("证件号码", str(person.certno), to.certificate.number))
    return [difference for difference in found if difference[1] != difference[2]]


def _masked(person: Person, to: Corrected) -> Words:
    """Say what is corrected; of a number as much as may be kept, of a name nothing."""
    differences = {label: (before, after) for label, before, after in _differences(person, to)}
    shown: Words = [("更正", "、".join(differences))]
    if number := differences.get("证件号码"):
        shown.append(("证件号码", " → ".join(map(masked_certno, number))))
    if gender := differences.get("性别"):
        shown.append(("性别", " → ".join(gender)))
    return shown


def _tells(case: Case) -> Words:
    """Say in full what was and what will be: it has to be compared with the card."""
    try:
        differences = _differences(case.subject, to_of(case))
    except AccountsError:
        return []
    return [(f"{label}（全）", f"{before} → {after}") for label, before, after in differences if label != "性别"]


def _what_follows(to: Corrected) -> Words:
    number: Words = [("原来的号码", "留作曾用号码，用它也找得到本人；出生日期跟着新号码")] if to.certificate else []
    return [
        *number,
        ("账户和共济", "账户、家庭共济和登录都跟着本人，不变"),
        ("以后的名册", "再写更正以前的，不会改回去；请通知单位或社区改"),
    ]


def _notes(to: Corrected) -> tuple[str, ...]:
    told = to.certificate.gender if to.certificate else None
    compare = "请拿着证件，把更正后的逐字核对一遍"
    if told is None or told == to.gender:
        return (compare,)
    return (
        compare,
        f"新号码的第17位表示{told.label}，与性别不符：请核对号码，性别也录错的一并更正",
    )


def _execute(act: Act, case: Case) -> Outcome:
    assert case.approval  # always reviewed
    correction = correct(
        act=act,
        person=case.subject,
        to=to_of(case),
        approval=case.approval,
        reason=REASONS[case.asked["reason"]],
    )
    return Outcome("已更正，以前的留有记录", {"correction": correction.pk})


register(
    CaseHandler(
        kind=CaseKind.CORRECTION,
        assess=_assess,
        execute=_execute,
        instead="改错了的，带证件再办一次「更正姓名或证件号码」",
        always_reviewed=True,
        tells=_tells,
    )
)
