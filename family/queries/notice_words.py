"""What both sides of sharing are told of each event. Never a number of a person."""

from accounts import wording
from accounts.codes import NoticeKind, Relation
from accounts.wording import Told, Words
from family.codes import EventKind
from family.models import Bond, Invitation

BONDS = Bond.objects.select_related("payer", "user")
INVITATIONS = Invitation.objects.select_related("payer")


def kin_to_payer(bond: Bond) -> str:
    """Return how the payer's pages call the user: 父亲陈伟."""
    return f"{Relation(bond.relation).word(bond.user.gender)}{bond.user.name}"


def kin_to_user(bond: Bond) -> str:
    """Return how the user's pages call the payer: 女儿陈静."""
    return f"{Relation(bond.relation).inverse.word(bond.payer.gender)}{bond.payer.name}"


def kin_of(bond: Bond, person_id: int) -> str:
    """Return how one of the two calls the other."""
    return kin_to_payer(bond) if bond.payer_id == person_id else kin_to_user(bond)


@wording.template("family_stopped", NoticeKind.SECURITY, bonds=BONDS, invitations=INVITATIONS)
def stopped(told: Told) -> Words:
    """Facts: `bonds` that were suspended, `invitations` that were withdrawn, kinds of events that are `only_told` of."""
    parts = [f"撤回邀请 {invitation.number}" for invitation in told.facts["invitations"]]
    parts += [f"停用{kin_of(bond, told.person_id)}" for bond in told.facts["bonds"]]
    parts += [f"{EventKind(kind).label}（没有退回）" for kind in told.facts["only_told"]]
    return Words("家庭共济里停下的事", f"别人的登录在您账户里办的：{'；'.join(parts)}。请逐项看一看。")
