"""Where notices about sharing lead: to the relative, to the invitation, to answering it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from accounts.models import Person
from accounts.queries import page_hooks
from accounts.queries.page_hooks import Link
from family.codes import ACTIVE_STATES
from family.models import Bond, Invitation
from family.queries.invitations import own_indexes


@page_hooks.notice_link_source
def matters_of_sharing(person: Person, abouts: Collection[str], at: datetime) -> Mapping[str, Link]:
    """Return what this person can still do about bonds and invitations, by what the notice is about (two queries)."""
    bonds = Bond.objects.filter(
        Q(payer=person) | Q(user=person), pk__in=_keys(abouts, "bond:"), state__in=ACTIVE_STATES
    ).select_related("payer", "user")
    mine = Q(payer=person) | Q(invitee_index__in=own_indexes(person), sender_unknown=False)
    invitations = Invitation.objects.filter(mine, number__in=_keys(abouts, "invitation:"))
    links = {f"bond:{bond.pk}": _to_bond(bond, person) for bond in bonds}
    for invitation in invitations:
        if invitation.payer_id == person.pk:
            url = reverse("family_invitation", args=[invitation.number])
            links[f"invitation:{invitation.number}"] = Link("看这份邀请", url)
        elif invitation.is_open and invitation.expires_at is not None and invitation.expires_at > at:
            url = reverse("family_answer", args=[invitation.number])
            links[f"invitation:{invitation.number}"] = Link("去看看、答复", url)
    return links


def _keys(abouts: Collection[str], kind: str) -> list[str]:
    return [about.removeprefix(kind) for about in abouts if about.startswith(kind)]


def _to_bond(bond: Bond, person: Person) -> Link:
    if bond.payer_id == person.pk:
        return Link(f"看{bond.user.name}：可以停用、移除", reverse("family_member", args=[bond.pk]))
    return Link(f"看{bond.payer.name}让您用的钱", reverse("family_payer", args=[bond.pk]))
