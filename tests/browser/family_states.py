"""Family pages in their states, made for whoever asks: /try/family/<name>/ makes the state and leads to its page.

A citizen of the demo is the payer or the user; the relative is a synthetic person of the same region, made once.
"""

import secrets
from collections.abc import Callable
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.codes import PotKind, VoucherKind
from accounts.ledger.posting import Move, Place, post
from accounts.ledger.pots import open_missing, system_pot
from accounts.models import Enrolment, Person, Pot
from family.codes import InvitationState
from family.models import Bond, Draw, Invitation
from family.operations import bonds, drafts
from family.queries.eligibility import indexes_of
from tests.factories.acts import act_at, act_now, act_on
from tests.factories.family import bond, credit
from tests.factories.people import EnrolmentFactory, PersonFactory
from yibao.lib import clock

State = Callable[[HttpRequest, Person], str]
STATES: dict[str, State] = {}


def state(make: State) -> State:
    STATES[make.__name__] = make
    return make


def family_state(request: HttpRequest, name: str) -> HttpResponse:
    return redirect(STATES[name](request, request.user.person))


def region_of(person: Person) -> str:
    return Enrolment.objects.filter(person=person).latest("from_on").region


def relative(person: Person, name: str, *, insurance: str = "310", **facts) -> Person:
    """Return the one relative of this name in the person's region."""
    region = region_of(person)
    found = Person.objects.filter(name=name, enrolments__region=region).first()
    if found is None:
        found = PersonFactory(name=name, serial=700_000 + Person.objects.count(), **facts)
        kind = "11" if insurance == "310" else "15"
        EnrolmentFactory(person=found, region=region, insurance=insurance, person_type=kind)
        open_missing([region])
        if insurance == "310":  # enough for every gate, since last year
            last_year = date(clock.today().year - 1, 6, 1)
            credit(found, region, PotKind.CARRIED, 300_000, on=last_year)
    return found


def given(person: Person, name: str = "欧阳晓晴", **facts) -> Bond:
    """Return the active bond with which a relative uses this person's money."""
    user = relative(person, name, insurance="390")
    found = Bond.objects.filter(payer=person, user=user).exclude(state="ended").first()
    return found or bond(person, user, region_of(person), relation="2", from_on=clock.today(), **facts)


def received(person: Person, name: str, place: int) -> Bond:
    """Return the active bond with which this person uses a relative's money."""
    payer = relative(person, name)
    found = Bond.objects.filter(payer=payer, user=person).exclude(state="ended").first()
    return found or bond(payer, person, region_of(person), place=place, from_on=clock.today(), limit_fen=100_000)


def invitation(payer: Person, invitee: Person, **facts) -> Invitation:
    now = clock.now()
    found = Invitation.objects.filter(payer=payer, invitee_index__in=indexes_of(invitee.certno), **facts).last()
    if found is not None and (facts or found.is_open):
        return found
    closed = {"closed_at": now} if facts else {}
    return Invitation.objects.create(
        number=f"GJ{now:%Y-%m%d}-{secrets.token_hex(3)[:5].upper()}",
        payer=payer,
        region=region_of(payer),
        relation="7",
        scopes=["medical", "premium"],
        limit_fen=100_000,
        invitee_name=invitee.name,
        invitee_certno=str(invitee.certno),
        invitee_phone=invitee.phone,
        drafted_at=now,
        sent_at=now,
        expires_at=now + timedelta(days=7),
        **{"state": InvitationState.SENT, **facts, **closed},
    )


@state
def hub(request: HttpRequest, person: Person) -> str:
    """Members in use and paused, invitations waiting and closed."""
    given(person, limit_fen=100_000)
    paused = given(person, "司马长青")
    if paused.state == "active":
        now = clock.now()
        bonds.suspend(act=act_at(now), payer=person, bond_id=paused.pk)
    invitation(person, relative(person, "诸葛小满"))
    invitation(person, relative(person, "令狐冬梅"), state=InvitationState.EXPIRED)
    invitation(person, relative(person, "上官云"), state=InvitationState.DECLINED)
    return reverse("family")


@state
def member(request: HttpRequest, person: Person) -> str:
    return reverse("family_member", args=[given(person).pk])


@state
def limit(request: HttpRequest, person: Person) -> str:
    return reverse("family_limit", args=[given(person).pk])


@state
def end(request: HttpRequest, person: Person) -> str:
    return reverse("family_end_day", args=[given(person).pk])


@state
def remove(request: HttpRequest, person: Person) -> str:
    return reverse("family_remove", args=[given(person).pk])


@state
def done(request: HttpRequest, person: Person) -> str:
    """A result that can still be undone."""
    now = clock.now()
    event = bonds.set_limit(act=act_at(now), payer=person, bond_id=given(person).pk, limit_fen=50_000 + now.second)
    return reverse("family_result", args=[event.pk])


@state
def waiting(request: HttpRequest, person: Person) -> str:
    return reverse("family_invitation", args=[invitation(person, relative(person, "诸葛小满")).number])


@state
def declined(request: HttpRequest, person: Person) -> str:
    found = invitation(person, relative(person, "上官云"), state=InvitationState.DECLINED)
    return reverse("family_invitation", args=[found.number])


@state
def sent(request: HttpRequest, person: Person) -> str:
    return reverse("family_invite_sent", args=[invitation(person, relative(person, "诸葛小满")).number])


@state
def sheet(request: HttpRequest, person: Person) -> str:
    return reverse("family_invitation_sheet", args=[invitation(person, relative(person, "诸葛小满")).number])


@state
def here(request: HttpRequest, person: Person) -> str:
    """On the inviter's phone, a code on its way."""
    number = invitation(person, relative(person, "诸葛小满")).number
    request.session["family_code"] = {number: "00000000-0000-4000-8000-000000000000"}
    return reverse("family_accept_on_device", args=[number])


@state
def person(request: HttpRequest, person: Person) -> str:
    _draft(person)
    return reverse("family_invite_person")


@state
def terms(request: HttpRequest, person: Person) -> str:
    _draft(person)
    return reverse("family_invite_terms")


@state
def check(request: HttpRequest, person: Person) -> str:
    _draft(person)
    return reverse("family_invite_check")


def _draft(person: Person) -> None:
    user = relative(person, "夏侯小雨")
    drafts.draft(
        act=act_now(), payer=person, region=region_of(person), relation="7", name=user.name,
        certno=str(user.certno), phone=user.phone, scopes=("medical",), limit_fen=100_000,
    )  # fmt: skip


@state
def child(request: HttpRequest, person: Person) -> str:
    born = date(clock.today().year - 9, 5, 18)
    found = invitation(person, relative(person, "诸葛小宝", birth_on=born, insurance="390"))
    return reverse("family_child_answer", args=[found.number])


@state
def answer(request: HttpRequest, person: Person) -> str:
    return reverse("family_answer", args=[invitation(relative(person, "欧阳震华"), person).number])


@state
def refuse(request: HttpRequest, person: Person) -> str:
    return reverse("family_refuse", args=[invitation(relative(person, "欧阳震华"), person).number])


@state
def stranger(request: HttpRequest, person: Person) -> str:
    return reverse("family_report_unknown_sender", args=[invitation(relative(person, "欧阳震华"), person).number])


@state
def order(request: HttpRequest, person: Person) -> str:
    received(person, "欧阳震华", 1)
    received(person, "司马长青", 2)
    return reverse("family_from_others")


@state
def payer(request: HttpRequest, person: Person) -> str:
    return reverse("family_payer", args=[received(person, "欧阳震华", 1).pk])


@state
def leave(request: HttpRequest, person: Person) -> str:
    return reverse("family_leave", args=[received(person, "欧阳震华", 1).pk])


@state
def preview(request: HttpRequest, person: Person) -> str:
    order(request, person)
    return reverse("family_preview") + "?amount=300&place=hospital-2"


@state
def usage(request: HttpRequest, person: Person) -> str:
    """Some uses of a relative."""
    given_bond, region = given(person), region_of(person)
    source = Pot.objects.get(person=person, region=region, kind=PotKind.CARRIED).pk
    while Draw.objects.filter(bond=given_bond).count() < 3:
        number = Draw.objects.filter(bond=given_bond).count()
        voucher = post(
            act=act_on(clock.today()), kind=VoucherKind.SPENDING, region=region,
            key=f"try-usage:{given_bond.pk}:{number}", payload={"number": number}, pots=[source],
            decide=lambda locked: [Move(source, system_pot(region, PotKind.INSTITUTIONS), 100)],
            subject_id=given_bond.user_id, reason="门诊", place=Place("一级医疗机构", "某卫生院"),
        )  # fmt: skip
        Draw.objects.create(bond=given_bond, voucher=voucher, amount_fen=100, on=clock.today(), year=clock.today().year)
    return reverse("family_usage")


@state
def transfer_check(request: HttpRequest, person: Person) -> str:
    request.session["family_transfer"] = {"region": region_of(person), "fen": 100, "key": "0" * 32}
    return reverse("family_transfer_check")


@state
def closed(request: HttpRequest, person: Person) -> str:
    """An invitation that one has agreed to."""
    asker = relative(person, "令狐冬梅")
    agreed = {"state": InvitationState.ACCEPTED, "user": person, "consent": "own"}
    return reverse("family_answer", args=[invitation(asker, person, **agreed).number])
