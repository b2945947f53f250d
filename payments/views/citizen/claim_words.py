"""How far a claim of pay-then-refund is, in the words of whoever looks."""

from dataclasses import dataclass

from accounts.models import Person
from accounts.policies import registry
from payments.models import RefundClaim
from payments.premiums.codes import ClaimState
from payments.views.citizen.order_words import Paid, paid_by
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import day_words
from yibao.lib.fen import grouped

CLAIM_TONES = {
    ClaimState.WAITING: "pend",
    ClaimState.PROVEN: "pend",
    ClaimState.PAID: "ok",
    ClaimState.REFUSED: "warn",
}
# 税务证明 would be a paper that one has to bring.
CLAIM_STAGES = {
    ClaimState.WAITING: "等税务核对",
    ClaimState.PROVEN: "等付款",
    ClaimState.PAID: "已返还",
    ClaimState.REFUSED: "没有通过",
}
CLAIM_NEXT = {
    ClaimState.WAITING: "等税务的缴费记录来了核对。",
    ClaimState.PROVEN: "税票已经核对上，等付款。",
    ClaimState.PAID: "钱已经付到银行卡。",
    ClaimState.REFUSED: "账户里的钱没有少。",
}


@dataclass(frozen=True, slots=True)
class ToldClaim:
    """A claim as one person is told of it. `may_again`: it was refused, and may be made anew."""

    claim: RefundClaim
    person: Person
    may_again: bool = False

    @property
    def state(self) -> ClaimState:
        return ClaimState(self.claim.state)

    @property
    def is_payer(self) -> bool:
        return self.claim.payer_id == self.person.pk

    @property
    def is_good(self) -> bool:
        return self.state == ClaimState.PAID

    @property
    def stage(self) -> str:
        return CLAIM_STAGES[self.state]

    @property
    def was_paid(self) -> bool:
        """Whether money went to the bank, which it may have come back from."""
        return bool(self.claim.vouchers)

    @property
    def paid(self) -> list[Paid]:
        """Which pots paid, for the one whose they are."""
        return list(paid_by(self.claim, self.person)) if self.is_payer else []

    @property
    def tone(self) -> str:
        return CLAIM_TONES[self.state]

    @property
    def region_name(self) -> str:
        return registry.region_name(self.claim.region)

    @property
    def card(self) -> str:
        """Where the money goes, told to nobody but the one whose card it is."""
        return f"尾号 {str(self.claim.bank_card)[-4:]}" if self.is_payer else ""

    @property
    def title(self) -> str:
        return {
            ClaimState.WAITING: "已收到申请，等税务核对",
            ClaimState.PROVEN: "税票已经核对上，等付款",
            ClaimState.PAID: f"已返还 {grouped(self.claim.amount_fen)} 元",
            ClaimState.REFUSED: "银行退回了，没有付成" if self.was_paid else "申请没有通过",
        }[self.state]

    @property
    def lines(self) -> tuple[str, ...]:
        because = (f"原因：{self.claim.reason}。",) if self.claim.reason and self.is_payer else ()
        return {
            ClaimState.WAITING: (
                "税务的缴费记录来了以后核对，核对上就从医保账户返还。",
                "现在还没有动账户里的钱。办好以后会通知您。",
            ),
            ClaimState.PROVEN: ("现在还没有动账户里的钱。", *because),
            ClaimState.PAID: (f"{self._decided_on}从医保账户付到银行卡，几天内到账。",),
            ClaimState.REFUSED: (
                "钱回到了原来出钱的账户。" if self.was_paid else "账户里的钱没有少。",
                *because,
                *(("改对以后，可以重新申请。",) if self.may_again else ()),
                "没有填错的，请带税票和身份证到窗口办。",
            ),
        }[self.state]

    @property
    def _decided_on(self) -> str:
        at = self.claim.decided_at
        return day_words(at.astimezone(SHANGHAI).date()) if at else ""
