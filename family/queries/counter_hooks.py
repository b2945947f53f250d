"""What a clerk sees of sharing about the person they looked up: with whom, without the others' full names."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q

from accounts.codes import Relation
from accounts.models import Person
from accounts.queries import counter_hooks
from accounts.queries.counter_hooks import SharingTie
from family.codes import ACTIVE_STATES, OPEN, BondState
from family.models import Bond, Invitation
from family.queries.bonds import kin_of, year_of
from family.queries.facts import used_fen
from family.queries.invitations import own_indexes
from family.rules import eligibility
from family.rules.reasons import AFTER_NEW_PHONE
from yibao.lib.days import span_words
from yibao.lib.masking import masked_name


def are_family(one: Person, other: Person) -> bool:
    """Say whether two people share money, or did, or one has asked the other: staff handle nothing of such people.

    Of invitations those that are open, unless whoever was invited has said not to know the sender.
    """
    if Bond.objects.filter(Q(payer=one, user=other) | Q(payer=other, user=one)).exists():
        return True
    sent = Q(payer=one, invitee_index__in=own_indexes(other))
    received = Q(payer=other, invitee_index__in=own_indexes(one))
    return Invitation.objects.filter(sent | received, state__in=OPEN, sender_unknown=False).exists()


def after_new_phone() -> str:
    """Return what of sharing waits after a new number, and for how long."""
    return AFTER_NEW_PHONE.format(span_words(eligibility.PHONE_COOL_OFF))


@counter_hooks.sharing_source
def bonds_of(person: Person, region: str, today: date) -> Iterator[SharingTie]:
    """Yield the active bonds over money of a region, as payer and as user (two queries)."""
    rows = Bond.objects.filter(Q(payer=person) | Q(user=person), region=region, state__in=ACTIVE_STATES)
    bonds = list(rows.select_related("payer", "user").order_by("from_on", "pk"))
    used = used_fen(bonds, {bond.pk: year_of(bond, today) for bond in bonds}) if bonds else {}
    for bond in bonds:
        is_payer = bond.payer_id == person.pk
        other = bond.user if is_payer else bond.payer
        is_active = bond.state == BondState.ACTIVE
        yield SharingTie(
            is_payer=is_payer,
            whose=f"{masked_name(other.name)}（{kin_of(bond, person)}）",
            state="使用中" if is_active else "停用中",
            tone="ok" if is_active else "warn",
            limit_fen=bond.limit_fen,
            used_fen=used[bond.pk],
            until_on=bond.until_on,
            is_declared=bond.declared,
        )


@counter_hooks.sharing_source
def invitations_open(person: Person, region: str, today: date) -> Iterator[SharingTie]:
    """Yield the invitations over money of a region that nobody has answered, sent and received (one query)."""
    received = Q(invitee_index__in=own_indexes(person), sender_unknown=False)
    rows = Invitation.objects.filter(
        Q(payer=person) | received, region=region, state__in=OPEN, expires_at__date__gte=today
    )
    for invitation in rows.select_related("payer").order_by("pk"):
        is_payer = invitation.payer_id == person.pk
        relation = Relation(invitation.relation)
        name = str(invitation.invitee_name) if is_payer else invitation.payer.name
        kin = relation.label if is_payer else relation.inverse.word(invitation.payer.gender)
        yield SharingTie(
            is_payer=is_payer,
            whose=f"{masked_name(name)}（{kin}）",
            state="等答复",
            tone="pend",
            limit_fen=invitation.limit_fen,
            until_on=invitation.until_on,
        )
