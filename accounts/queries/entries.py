"""What people see of their money: entries of their own pots, pot by pot, in the order they were booked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.codes import PotKind, VoucherKind
from accounts.models import Person, Transfer


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of somebody's statement: what moved in or out of one of their pots. Fen, negative when going out."""

    transfer: Transfer
    pot: PotKind
    amount_fen: int
    balance_fen: int

    @property
    def id(self) -> int:
        return self.transfer.pk

    @property
    def on(self) -> date:
        return self.transfer.voucher.occurred_on

    @property
    def kind(self) -> VoucherKind:
        return VoucherKind(self.transfer.kind)

    @property
    def is_own_use(self) -> bool:
        """Whether the owner of the pot used the money themselves."""
        voucher = self.transfer.voucher
        return voucher.subject_id is None or voucher.subject_id == self.owner_id

    @property
    def owner_id(self) -> int | None:
        side = self.transfer.target if self.amount_fen > 0 else self.transfer.source
        return side.person_id


def entries_of(person: Person, transfers: Iterable[Transfer]) -> list[Entry]:
    """Return the statement lines of transfers; one between two own pots gives two lines."""
    lines = []
    for transfer in transfers:
        for pot, amount, balance in (
            (transfer.source, -transfer.amount_fen, transfer.source_balance_fen),
            (transfer.target, transfer.amount_fen, transfer.target_balance_fen),
        ):
            if pot.person_id == person.pk and balance is not None:
                lines.append(Entry(transfer, PotKind(pot.kind), amount, balance))
    return lines
