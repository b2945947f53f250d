"""What came back to somebody's own pots of money that was paid, each time it did."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from accounts.models import Pot, Transfer, Voucher


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What of a voucher came back, the earliest first: (day, fen). `whole`: nothing of one's own part is left."""

    rows: list[tuple[date, int]]
    whole: bool

    @property
    def title(self) -> str:
        return "这一笔已经退回" if self.whole else "这一笔退回了一部分"


def given_back(voucher: Voucher, pots: Iterable[Pot]) -> GivenBack | None:
    """Return what came back to these pots of what they paid on a voucher; None when nothing did (two queries at most)."""
    own = [pot.pk for pot in pots]
    back = Transfer.objects.filter(voucher__reverses=voucher, target__in=own)
    sums = back.values_list("voucher", "voucher__occurred_on").annotate(fen=Sum("amount_fen")).order_by("voucher")
    rows = [(day, int(fen)) for _, day, fen in sums]
    if not rows:
        return None
    paid_fen = Transfer.objects.filter(voucher=voucher, source__in=own).aggregate(fen=Sum("amount_fen"))["fen"]
    return GivenBack(rows, whole=sum(fen for _, fen in rows) == paid_fen)
