"""What the pages of sharing's case kinds ask (accounts.forms.counter)."""

from typing import Any

from django import forms

from accounts.codes import CaseKind, Relation, Scope
from accounts.forms.counter import CaseForm, register
from accounts.forms.counter.came import WHO_CAME, WhoCameForm
from accounts.forms.fields import DayField
from accounts.policies import registry
from family.codes import RemovalReason
from family.forms.limits import LimitMixin, limit_initial
from family.models import Invitation
from family.operations.cases.papers import is_minor, parent_comes
from family.queries.bonds import active_bond, bonds_received, may_reorder
from family.queries.eligibility import relations_offered
from family.queries.invitations import invitations_received
from yibao.lib.masking import masked_name

# TV-23: asked for every week, and in no region's terms. Chosen, it is refused in the words of the rules.
_IN_LAW = ("配偶的父母", "9 配偶的父母（岳父母、公婆）")
_UNTIL_HELP = "例如 2027年12月31日。不填就是长期有效。"


class BindForm(LimitMixin, WhoCameForm):
    """被授权人是授权人的什么人, for what, how much, until when. A digit chooses the relation.

    Of a child who is not the payer's own, which of the parents is there and agrees.
    """

    relation = forms.ChoiceField(
        label="被授权人是授权人的",
        widget=forms.RadioSelect,
        error_messages={"required": "请选被授权人是授权人的什么人", "invalid_choice": "请选被授权人是授权人的什么人"},
    )
    scopes = forms.MultipleChoiceField(
        label="用来做什么",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选一样", "invalid_choice": "请至少选一样"},
    )
    until = DayField(label="用到哪一天", required=False, help_text=_UNTIL_HELP)
    user_present = forms.BooleanField(label="被授权人本人（未成年的由父母）在场，同意使用", required=False)

    temporary = forms.BooleanField(label="没有被授权人的身份证件原件：作临时成员，只代缴居民医保", required=False)

    field_order = ("relation", "limit", "limit_other", "scopes", "until", "temporary", "user_present")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        terms = registry.sharing_or_none(self.case.region, self.act.on)
        offered = [(code, f"{code} {names}") for code, names in relations_offered(self.case.region, self.act.on)]
        self.fields["relation"].choices = [*offered, _IN_LAW]  # type: ignore[attr-defined]
        scopes = terms.scopes if terms else ()
        self.fields["scopes"].choices = [(code, Scope(code).label) for code in scopes]  # type: ignore[attr-defined]
        self.initial.setdefault("scopes", list(scopes))
        self.fields["until"].counted_from(self.act.on)  # type: ignore[attr-defined]
        if not (terms and terms.accept_required):
            del self.fields["user_present"]
        if (
            self.case.other
            and "user_present" in self.fields
            and is_minor(self.case.other, self.case.region, self.act.on)
        ):
            self.fields["came_as"].help_text = "孩子的父亲或母亲。授权人自己就是的，这三项不填。"
        else:
            for name in WHO_CAME:
                del self.fields[name]
        if not (terms and terms.temporary_members):
            del self.fields["temporary"]

    def clean(self) -> dict[str, Any]:
        """Leave a temporary member the premium only, whatever else is ticked."""
        cleaned = super().clean()
        return cleaned | {"scopes": [str(Scope.PREMIUM)]} if cleaned.get("temporary") else cleaned

    def somebody_came(self, cleaned: dict[str, Any]) -> bool:
        return parent_comes(self.case, cleaned, self.act.on)

    def from_case(self, known: dict[str, Any]) -> dict[str, Any]:
        return _terms_of(known)


class ChangeForm(LimitMixin, CaseForm):
    """What the two bonds between subject and other let change: limit and last day of the one given, place of the other."""

    until = DayField(label="用到哪一天", required=False, help_text=_UNTIL_HELP)
    place = forms.ChoiceField(label="本人用对方的钱，排第几", widget=forms.RadioSelect, required=False)

    field_order = ("limit", "limit_other", "until", "place")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        case, on = self.case, self.act.on
        self.fields["until"].counted_from(on)  # type: ignore[attr-defined]
        if case.other is None or active_bond(case.subject, case.other) is None:
            for name in ("limit", "limit_other", "until"):
                del self.fields[name]
        order = [card.bond.payer_id for card in bonds_received(case.subject, on)]
        if case.other_id in order and may_reorder(case.subject, on):
            places = [(str(place), f"{place} 第{place}位") for place in range(1, len(order) + 1)]
            self.fields["place"].choices = places  # type: ignore[attr-defined]
            self.initial.setdefault("place", str(order.index(case.other_id) + 1))
        else:
            del self.fields["place"]

    def from_case(self, known: dict[str, Any]) -> dict[str, Any]:
        given = self.case.other and active_bond(self.case.subject, self.case.other)
        if given and "limit_fen" not in known:
            known = {**known, "limit_fen": given.limit_fen, "until": given.until_on}
        return _terms_of(known)


class RemoveForm(CaseForm):
    """Why the two no longer share. A digit chooses."""

    reason = forms.ChoiceField(
        label="为什么解除",
        widget=forms.RadioSelect,
        choices=[(code, f"{code} {label}") for code, label in RemovalReason.choices],
        error_messages={"required": "请选解除的原因", "invalid_choice": "请选解除的原因"},
    )


class AcceptForm(WhoCameForm):
    """Which of the invitations that wait for this person's answer; for a child, which of the parents came."""

    field_order = ("invitation",)

    invitation = forms.ChoiceField(
        label="同意哪一份邀请",
        widget=forms.RadioSelect,
        error_messages={"required": "请选同意哪一份邀请", "invalid_choice": "请选同意哪一份邀请"},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if is_minor(self.case.subject, self.case.region, self.act.on):
            self.fields["came_as"].help_text = "孩子的父亲或母亲。"
        else:
            for name in WHO_CAME:
                del self.fields[name]
        waiting = invitations_received(self.case.subject, self.act.at)
        self.fields["invitation"].choices = [(one.number, _called(one)) for one in waiting]  # type: ignore[attr-defined]


def _called(invitation: Invitation) -> str:
    kin = Relation(invitation.relation).label
    return f"{invitation.number}：{masked_name(invitation.payer.name)}邀请，被邀请人是邀请人的{kin}"


def _terms_of(known: dict[str, Any]) -> dict[str, Any]:
    """Return how a limit stands in the form: as it would be typed."""
    return {**known, **limit_initial(known.get("limit_fen"))}


register(CaseKind.BIND, BindForm)
register(CaseKind.CHANGE, ChangeForm)
register(CaseKind.REMOVE, RemoveForm)
register(CaseKind.ACCEPT, AcceptForm)
