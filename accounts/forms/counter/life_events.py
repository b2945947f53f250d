"""What the counter asks about life events: by which paper, from which day, where the money goes."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.codes import CaseKind, ProofKind
from accounts.forms.counter import CaseForm, register
from accounts.forms.counter.came import WHO_CAME, WhoCameForm
from accounts.forms.fields import CertnoField, DayField, NameField, YuanField
from accounts.models import Region
from accounts.operations.cases import deaths, freezes, moves
from accounts.operations.life_events.events import REASON_LENGTH, LifeEventError
from accounts.operations.life_events.moving import masked_payee
from yibao.lib.fen import yuan


class _ProofForm(CaseForm):
    """Which of the papers that prove it was brought; asked only where there are several."""

    proofs: Sequence[ProofKind]

    proof = forms.ChoiceField(label="凭什么材料", widget=forms.RadioSelect, error_messages={"required": "请选一种材料"})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["proof"].choices = [(proof.value, proof.label) for proof in self.proofs]  # type: ignore[attr-defined]
        self.fields["proof"].initial = self.proofs[0]


class DeathForm(WhoCameForm, _ProofForm):
    proofs = deaths.PROOFS

    on = DayField(
        label="死亡日期", help_text="证明上写的日期，例如 2026年3月10日。", error_messages={"required": "请填死亡日期"}
    )

    field_order = ("on", "proof")


class AliveForm(_ProofForm):
    proofs = deaths.ALIVE_PROOFS


class SwitchForm(WhoCameForm, _ProofForm):
    proofs = freezes.PROOFS

    came = forms.ChoiceField(
        label="来人",
        choices=freezes.CAME.items(),
        widget=forms.RadioSelect,
        error_messages={"required": "请选谁来的", "invalid_choice": "请选谁来的"},
    )
    on = DayField(label="从哪天起", help_text="今天或以后的日子。", error_messages={"required": "请填从哪天起"})
    reason = forms.CharField(
        label="原因",
        max_length=REASON_LENGTH,
        error_messages={"required": "请填原因"},
        help_text="不写证件号码和手机号。",
    )

    field_order = ("on", "proof", "reason", "came")

    def somebody_came(self, cleaned: dict[str, Any]) -> bool:
        return bool(cleaned.get("came") == freezes.OTHERS)

    def from_case(self, known: dict[str, Any]) -> dict[str, Any]:
        return {"on": self.act.on.isoformat(), **known}


PAYEE = frozenset({"payee_name", "payee_certno"})  # who is paid: kept sealed


class PayeeField(forms.CharField):
    """The number of a bank account: its last four digits are all that is kept."""

    def __init__(self, owner: str, **options: Any) -> None:
        super().__init__(
            label="收款银行账号",
            error_messages={"required": "请填收款账号"},
            help_text=f"{owner}；只保存末四位。",
            **options,
        )

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not text or re.fullmatch(r"尾号\d{4}", text, re.ASCII):
            return text
        try:
            return masked_payee(text)
        except LifeEventError as error:
            raise forms.ValidationError(error.message, code="unreadable") from None


class _WayForm(CaseForm):
    """Where the money goes: to an account in a region here, or paid out."""

    ways: Sequence[tuple[str, str]]

    way = forms.ChoiceField(
        label="余额转到哪里", widget=forms.RadioSelect, error_messages={"required": "请选余额转到哪里"}
    )
    to = forms.ChoiceField(label="统筹区", required=False, help_text="选第一种的才选。")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["way"].choices = self.ways  # type: ignore[attr-defined]
        regions = self.regions().values_list("code", "name")
        self.fields["to"].choices = [("", "请选择"), *regions]  # type: ignore[attr-defined]
        for name in ("to", "payee"):
            self.fields[name].depends = True  # type: ignore[attr-defined]

    def regions(self) -> QuerySet[Region]:
        return Region.objects.order_by("code")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("way") == moves.TO_ACCOUNT and not cleaned.get("to"):
            self.add_error("to", "请选转到哪个统筹区")
        if cleaned.get("way") == moves.PAID_OUT and "payee" in cleaned and not cleaned["payee"]:
            self.add_error("payee", "请填收款账号")
        return cleaned


class TransferForm(_WayForm):
    payee = PayeeField("转入地医保经办机构的账户，联系函上有", required=False)

    def regions(self) -> QuerySet[Region]:
        return super().regions().exclude(code=self.case.region)

    ways = ((moves.TO_ACCOUNT, "转到本系统的另一个统筹区"), (moves.PAID_OUT, "转到别的地方，付给转入地的医保经办机构"))


class LeaveForm(_ProofForm):
    proofs = moves.LEAVING_PROOFS

    payee = PayeeField("本人的账户")

    field_order = ("payee", "proof")


class InheritForm(WhoCameForm, _WayForm, _ProofForm):
    proofs = moves.INHERIT_PROOFS
    ways = ((moves.TO_ACCOUNT, "转到继承人在这里的个人账户"), (moves.PAID_OUT, "付到继承人的银行账户"))

    personal = WHO_CAME | PAYEE

    payee = PayeeField("这位继承人的账户", required=False)
    payee_name = NameField(label="收款人（这位继承人）的姓名", required=False, help_text="和银行账户的户名一致。")
    payee_certno = CertnoField(label="收款人的证件号码", required=False, help_text="光标在这里时可以刷卡。")
    fen = YuanField(label="这一位的份额（元）", required=False, help_text="只有一位继承人、全部由他继承的，空着。")

    field_order = ("way", "to", "payee", "payee_name", "payee_certno", "fen", "proof")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in PAYEE:
            self.fields[name].depends = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("way") != moves.PAID_OUT:
            return cleaned | dict.fromkeys(PAYEE, "")
        for name in sorted(PAYEE):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, f"请填{self.fields[name].label}")
        return cleaned

    def from_case(self, known: dict[str, Any]) -> dict[str, Any]:
        return {"to": self.case.region, **known, "fen": yuan(known["fen"]) if known.get("fen") else ""}


register(CaseKind.DEATH, DeathForm)
register(CaseKind.ALIVE, AliveForm)
register(CaseKind.FREEZE, SwitchForm)
register(CaseKind.RELEASE, SwitchForm)
register(CaseKind.TRANSFER, TransferForm)
register(CaseKind.LEAVE, LeaveForm)
register(CaseKind.INHERIT, InheritForm)
