"""What both sides of sharing are told of each event. Never a number of a person."""

from django.conf import settings

from accounts import wording
from accounts.codes import Gender, NoticeKind, Relation
from accounts.models import Voucher
from accounts.wording import Told, Words
from family.codes import EndReason, EventKind
from family.models import Bond, Invitation
from family.queries.facts import funds_name

BONDS = Bond.objects.select_related("payer", "user")
INVITATIONS = Invitation.objects.select_related("payer")
KIND = NoticeKind.FAMILY


def kin_to_payer(bond: Bond) -> str:
    """Return how the payer's pages call the user: 父亲陈伟."""
    return f"{Relation(bond.relation).word(bond.user.gender)}{bond.user.name}"


def kin_to_user(bond: Bond) -> str:
    """Return how the user's pages call the payer: 女儿陈静."""
    return f"{Relation(bond.relation).inverse.word(bond.payer.gender)}{bond.payer.name}"


def kin_of(bond: Bond, person_id: int) -> str:
    """Return how one of the two calls the other."""
    return kin_to_payer(bond) if bond.payer_id == person_id else kin_to_user(bond)


def _money_of(told: Told) -> str:
    """Return whose money of which kind it is, for its user: 陈静的历年结余."""
    bond = told.facts["bond"]
    return f"{bond.payer.name}的{funds_name(bond.region, told.on)}"


def _to_payer(told: Told) -> bool:
    return bool(told.facts["bond"].payer_id == told.person_id)


@wording.template("family_invited", KIND, invitation=INVITATIONS)
def invited(told: Told) -> Words:
    """To whoever is invited. Facts: `last`, the day until which it may be answered."""
    invitation = told.facts["invitation"]
    payer = invitation.payer
    money = f"{Gender(payer.gender).pronoun}的{funds_name(invitation.region, told.on)}"
    text = f"您同意以后才会生效。请在{told.day('last')}以前答复；不认识这个人，请选“这不是我的家人”。"
    return Words(f"{payer.name}邀请您用{money}", text)


@wording.template("family_invitation_expiring", KIND, invitation=INVITATIONS)
def expiring(told: Told) -> Words:
    """To both sides of an invitation that nobody has answered. Facts: `last`."""
    invitation = told.facts["invitation"]
    if invitation.payer_id != told.person_id:
        text = f"请在{told.day('last')}以前答复。不答复就不会生效。"
        return Words(f"{invitation.payer.name}的邀请快到期了", text)
    text = f"邀请 {invitation.number} 到{told.day('last')}为止有效，还没有收到答复。到期不会用到您的钱，可以重新发送。"
    return Words("您的家庭共济邀请快到期了", text)


@wording.template("family_invitation_expired", KIND, invitation=INVITATIONS)
def expired(told: Told) -> Words:
    """To the payer; the same when whoever was invited has died, so that it tells nothing of them."""
    text = _numbered(told, "对方没有答复，没有用到您的钱。要再邀请，可以重新发送。")
    return Words("您的家庭共济邀请过期了", text)


@wording.template("family_declined", KIND, invitation=INVITATIONS)
def declined(told: Told) -> Words:
    """To the payer, with what the other one wrote, unless they have taken that back."""
    answer = told.facts["invitation"].answer
    said = f"对方说：{answer}" if answer else "没有用到您的钱。"
    return Words("您的邀请对方没有同意", _numbered(told, said), is_typed=bool(answer))


@wording.template("family_invitation_open_again", KIND, invitation=INVITATIONS)
def open_again(told: Told) -> Words:
    return Words("您的邀请又在等答复", _numbered(told, "对方撤回了刚才的答复，邀请又在等对方同意。"))


@wording.template("family_invitation_withdrawn", KIND, invitation=INVITATIONS)
def withdrawn(told: Told) -> Words:
    """To whoever was invited."""
    return Words(f"{told.facts['invitation'].payer.name}撤回了邀请", "不用再答复了，没有用到任何人的钱。")


def _numbered(told: Told, said: str) -> str:
    return f"邀请 {told.facts['invitation'].number}：{said}"


@wording.template("family_bound", KIND, bond=BONDS)
def bound(told: Told) -> Words:
    """To both. Facts: `limit_fen` and `until` as they hold, None for none; `own_first`: the user has an account;
    `is_capped`: the limit is lower than agreed on until the relation is shown."""
    bond, facts = told.facts["bond"], told.facts
    terms = f"，每年最多 {told.yuan('limit_fen')}" if facts["limit_fen"] else ""
    terms += f"，到{told.day('until')}为止" if facts["until"] else ""
    terms += "（到窗口核对关系以后可以更多）" if facts.get("is_capped") else ""
    if _to_payer(told):
        money = funds_name(bond.region, told.on)
        text = f"从今天起可以用您的{money}{terms}。每次使用都会通知您；随时可以停用或移除。"
        return Words(f"{kin_to_payer(bond)}可以用您的钱了", text)
    begin = "先用您自己的，再用" if facts["own_first"] else "用的是"
    text = f"{begin}{_money_of(told)}{terms}。对方能看到哪天、在哪类地方、用了多少钱。随时可以不再使用。"
    return Words(f"您可以用{kin_to_user(bond)}的钱了", text)


@wording.template("family_drawn", NoticeKind.RELATIVE, bond=BONDS, voucher=Voucher.objects.all())
def drawn(told: Told) -> Words:
    """To the payer, of one use: day (`on`), kind of place, amount (`fen`), user; never the name of the place."""
    bond, place = told.facts["bond"], told.facts["voucher"].place_kind
    where = f"在{place}" if place else ""
    text = (
        f"{told.day('on')}{where}用了您的{funds_name(bond.region, told.on)} {told.yuan('fen')}。"
        f"不是本人用的？请马上停用或移除，并打{settings.HELP_PHONE}。"
    )
    return Words(f"{kin_to_payer(bond)}用了您的钱 {told.yuan('fen')}", text)


@wording.template("family_terms_changed", KIND, bond=BONDS)
def terms_changed(told: Told) -> Words:
    """To the user. Facts: `change`, the kind of event; `now`, the new limit (fen) or last day, None for none."""
    text = f"{_money_of(told)}：{_change(told)}"
    return Words(f"{kin_to_user(told.facts['bond'])}改了家庭共济的约定", text)


def _change(told: Told) -> str:
    change, now = told.facts["change"], told.facts["now"]
    if change == EventKind.LIMIT:
        return f"改为每年最多用 {told.yuan('now')}。" if now else "改为不再限额。"
    if change == EventKind.END_DAY:
        return f"改为用到{told.day('now')}为止。" if now else "改为没有结束日期。"
    return "暂时不能用了。" if change == EventKind.SUSPENDED else "又可以用了。"


@wording.template("family_shown", KIND, bond=BONDS)
def shown(told: Told) -> Words:
    """To both. Facts: `limit_fen` as agreed on, None for none, which holds from now on."""
    bond = told.facts["bond"]
    other = kin_to_payer(bond) if _to_payer(told) else kin_to_user(bond)
    most = f"每年最多用 {told.yuan('limit_fen')}" if told.facts["limit_fen"] else "不再限额"
    return Words(f"和{other}的关系已在窗口核对", f"从现在起按约定的额度：{most}。")


@wording.template("family_change_undone", KIND, bond=BONDS)
def change_undone(told: Told) -> Words:
    """To the user."""
    return Words(f"{kin_to_user(told.facts['bond'])}撤回了刚才的修改", "家庭共济的约定和修改以前一样。")


@wording.template("family_ended", KIND, bond=BONDS)
def ended(told: Told) -> Words:
    """Facts: `reason`, the EndReason."""
    bond = told.facts["bond"]
    title = f"{kin_to_payer(bond)}不再用您的钱" if _to_payer(told) else f"您不能再用{kin_to_user(bond)}的钱"
    return Words(title, f"原因：{EndReason(told.facts['reason']).label}。以前用掉的钱不会退回。")


@wording.template("family_undone", KIND, bond=BONDS)
def undone(told: Told) -> Words:
    return _restored(told, "刚才的操作撤回了，和以前一样可以使用。")


@wording.template("family_end_corrected", KIND, bond=BONDS)
def end_corrected(told: Told) -> Words:
    return _restored(told, "医保的终止登记有误，已经更正，和以前一样可以使用。")


@wording.template("family_death_corrected", KIND, bond=BONDS)
def death_corrected(told: Told) -> Words:
    return _restored(told, "以前的死亡登记有误，已经更正，和以前一样可以使用。")


def _restored(told: Told, why: str) -> Words:
    return Words(f"和{kin_of(told.facts['bond'], told.person_id)}的家庭共济恢复了", why)


@wording.template("family_of_age", KIND, bond=BONDS)
def of_age(told: Told) -> Words:
    """To both. Facts: `age`, in years."""
    bond, age = told.facts["bond"], told.facts["age"]
    title = f"满{age}周岁了，家庭共济由本人决定"
    if _to_payer(told):
        return Words(title, f"{kin_to_payer(bond)}满{age}周岁了，以后由本人决定是否继续使用。")
    text = f"以前由父母同意的家庭共济（{kin_to_user(bond)}的钱）还可以用；不想再用，可以自己退出。"
    return Words(title, text)


@wording.template("family_owner_checks", KIND, bond=BONDS)
def owner_checks(told: Told) -> Words:
    """To the other side of a bond that a stolen sign-in had made or changed."""
    return Words("家庭共济暂时停用", "账户的主人正在核对谁能用钱，核对以前暂时不能用。")


@wording.template("family_stopped", NoticeKind.SECURITY, bonds=BONDS, invitations=INVITATIONS)
def stopped(told: Told) -> Words:
    """Facts: `bonds` that were suspended, `invitations` that were withdrawn, kinds of events that are `only_told` of."""
    parts = [f"撤回邀请 {invitation.number}" for invitation in told.facts["invitations"]]
    parts += [f"停用{kin_of(bond, told.person_id)}" for bond in told.facts["bonds"]]
    parts += [f"{EventKind(kind).label}（没有退回）" for kind in told.facts["only_told"]]
    return Words("家庭共济里停下的事", f"别人的登录在您账户里办的：{'；'.join(parts)}。请逐项看一看。")
