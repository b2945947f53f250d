"""What was paid for one person's month, payment by payment: which one counts, which waits to be refunded.

At most one payment of a month counts. A second payer's waits; 更正 and 补差 take the place of the payment they are
about, a 补差 with the whole base; a 退费 ends the payment it is about, and the one that waits then counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.codes import FactChangeKind, PaymentType

_ORDINARY = (PaymentType.NORMAL, PaymentType.BACK)


@dataclass(slots=True)
class Payment:
    """One payment, kept (`id`) or to be kept (`row` of the file).

    base_fen is what a file says, of a kept 补差 the whole. `change` is why it does not count; a kept payment that
    counts again has RESTORED. `is_new`: the row brings something that is not kept yet.
    """

    base_fen: int
    received_on: date
    clct_type: PaymentType = PaymentType.NORMAL
    payer: str = ""
    paid_fen: int | None = None
    id: int | None = None
    row: int = 0
    counts: bool = False
    change: FactChangeKind | None = None
    is_new: bool = False

    @property
    def waits(self) -> bool:
        return self.change == FactChangeKind.SECOND_PAYER and not self.counts

    def may_be_of(self, payer: str) -> bool:
        return not payer or not self.payer or payer == self.payer

    def is_same_as(self, other: "Payment") -> bool:
        """Say whether both are one payment, as far as base, day and payer tell."""
        return (self.base_fen, self.received_on) == (other.base_fen, other.received_on) and self.may_be_of(other.payer)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a payment cannot be taken: the column and the reason. A person may decide that it is right all the same."""

    column: str
    reason: str
    decidable: bool = False


class PaidMonth:
    """The payments of one person, region and month, the earliest first; withdrawn ones are not among them."""

    def __init__(self, kept: Iterable[Payment]) -> None:
        self.payments = list(kept)

    @property
    def counting(self) -> Payment | None:
        return next((payment for payment in self.payments if payment.counts), None)

    def take(self, new: Payment, *, is_believed: bool = False) -> Fault | None:
        """Take a row of a file in, or say why not. A believed one that contradicts what is kept corrects it."""
        repeated = self._repeated(new)
        if repeated is not None:
            return _twice(repeated) if repeated.id is None else None
        if new.clct_type in _ORDINARY:
            return self._take_ordinary(new, is_believed=is_believed)
        if new.clct_type == PaymentType.REFUND:
            return self._refund(new)
        return self._replace(new)

    def _take_ordinary(self, new: Payment, *, is_believed: bool) -> Fault | None:
        counting = self.counting
        if counting is None:
            self._add(new, counts=True)
        elif self._is_corrected_already(new):
            self._add(new, change=FactChangeKind.CORRECTED)
        elif _is_second(new, counting):
            self._add(new, change=FactChangeKind.SECOND_PAYER)
        elif is_believed:
            new.clct_type = PaymentType.CORRECTION
            return self._replace(new)
        elif counting.id is None:
            return _twice(counting)
        else:
            column = "base" if new.base_fen != counting.base_fen else "received_on"
            return Fault(
                column, "与已导入的{month}的记录不一致；已导入的不改，要改的请在 clct_type 写“更正”", decidable=True
            )
        return None

    def _replace(self, new: Payment) -> Fault | None:
        target = self._target(new.payer)
        if target is None and new.clct_type == PaymentType.CORRECTION and self.counting is None:
            self._add(new, counts=True)  # what it corrects is held, or was refunded
            return None
        if target is None:
            return Fault("clct_type", f"这个月没有可以{new.clct_type.label}的缴费记录")
        if new.clct_type == PaymentType.DIFFERENCE:
            new.base_fen += target.base_fen
            if new.paid_fen is not None or target.paid_fen is not None:
                new.paid_fen = (new.paid_fen or 0) + (target.paid_fen or 0)
        new.payer = new.payer or target.payer
        self._add(new, counts=target.counts, change=target.change)
        target.counts, target.change = False, FactChangeKind.CORRECTED
        return None

    def _refund(self, new: Payment) -> Fault | None:
        targets = [payment for payment in self.payments if payment.counts or payment.waits]
        exact = [payment for payment in targets if new.payer and payment.payer == new.payer]
        fitting = exact or [payment for payment in targets if payment.may_be_of(new.payer)]
        if len(fitting) > 1:
            fitting = [payment for payment in fitting if payment.base_fen == new.base_fen]
        if not fitting:
            return Fault("clct_type", "这个月没有可以退费的缴费记录，或分不清退的是哪一笔")
        fitting[-1].counts, fitting[-1].change = False, FactChangeKind.REFUNDED
        self._add(new, change=FactChangeKind.REFUNDED)
        self.let_one_count()
        return None

    def take_kept(self, payment: Payment) -> None:
        """Take in a payment that was found right when it came."""
        target = self._target(payment.payer)
        if payment.clct_type == PaymentType.REFUND:
            if self._refund(payment) is not None:
                self._add(payment, change=FactChangeKind.REFUNDED)  # what it was about is withdrawn
        elif payment.clct_type in _ORDINARY and self._is_corrected_already(payment):
            self._add(payment, change=FactChangeKind.CORRECTED)
        elif payment.clct_type in _ORDINARY or target is None:
            counts = self.counting is None
            self._add(payment, counts=counts, change=None if counts else FactChangeKind.SECOND_PAYER)
        else:
            self._add(payment, counts=target.counts, change=target.change)
            target.counts, target.change = False, FactChangeKind.CORRECTED

    def let_one_count(self) -> None:
        """Let the first payment that waits count where none does."""
        waiting = next((payment for payment in self.payments if payment.waits), None)
        if self.counting is None and waiting is not None:
            waiting.counts, waiting.change = True, FactChangeKind.RESTORED

    def _is_corrected_already(self, new: Payment) -> bool:
        """Say whether this is the payment that a 更正 was about which came first: it was held then, or in a later file."""
        counting = self.counting
        if counting is None or counting is not self.payments[0]:
            return False
        is_about_it = counting.clct_type == PaymentType.CORRECTION and counting.may_be_of(new.payer)
        return is_about_it and all(payment.change != FactChangeKind.CORRECTED for payment in self.payments)

    def _target(self, payer: str) -> Payment | None:
        """Return the payment that a 更正 or 补差 is about: that of its payer, else the one that counts.

        One payer has two where they paid anew after a refund that is withdrawn: it is about the one that counts.
        """
        targets = [payment for payment in self.payments if payment.counts or payment.waits]
        targets.sort(key=lambda payment: not payment.counts)
        exact = next((payment for payment in targets if payer and payment.payer == payer), None)
        return exact or next((payment for payment in targets if payment.counts and payment.may_be_of(payer)), None)

    def _repeated(self, new: Payment) -> Payment | None:
        """Return the payment that says the same already."""
        for payment in self.payments:
            is_refund = PaymentType.REFUND in (new.clct_type, payment.clct_type)
            if is_refund and new.clct_type != payment.clct_type:
                continue
            if new.clct_type == PaymentType.DIFFERENCE:
                if self._is_same_difference(new, payment):
                    return payment
            elif new.is_same_as(payment):
                return payment
        return None

    def _is_same_difference(self, new: Payment, payment: Payment) -> bool:
        return (
            payment.clct_type == PaymentType.DIFFERENCE
            and payment.received_on == new.received_on
            and payment.may_be_of(new.payer)
            and any(payment.base_fen - before.base_fen == new.base_fen for before in self.payments)
        )

    def _add(self, new: Payment, *, counts: bool = False, change: FactChangeKind | None = None) -> None:
        new.counts, new.change, new.is_new = counts, change, True
        self.payments.append(new)


def _twice(before: Payment) -> Fault:
    return Fault("certno", f"与第{before.row}行重复：同一个人、统筹区和月份")


def _is_second(new: Payment, counting: Payment) -> bool:
    """Say whether two payments were made, not one told differently: by two payers, or with another base on another day."""
    if new.payer and counting.payer:
        return new.payer != counting.payer
    return new.base_fen != counting.base_fen and new.received_on != counting.received_on


def replayed(kept: Iterable[Payment]) -> list[Payment]:
    """Return those of a month's payments, the earliest first, of which something else has become than was kept.

    For when some have been withdrawn, which are not among them. A kept 补差 stands with its whole base.
    """
    payments = list(kept)
    before = [(payment.counts, payment.change) for payment in payments]
    month = PaidMonth([])
    for payment in payments:
        payment.counts, payment.change = False, None
        month.take_kept(payment)
    return [payment for payment, was in zip(payments, before, strict=True) if _differs(payment, was)]


def _differs(payment: Payment, was: tuple[bool, FactChangeKind | None]) -> bool:
    """Say whether a payment counts otherwise, or for another reason; why one counts again makes no difference."""
    if payment.counts and was[0]:
        return False
    if payment.counts:
        payment.change = FactChangeKind.RESTORED
    return (payment.counts, payment.change) != was
