"""Credits that paid back a debt (多划待追回), and recoveries that left one: how one sum was settled, in words.

The ledger holds such a sum as several transfers of one voucher. Each of them says what became of the whole.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Q

from accounts.codes import CREDIT_KINDS, PotKind
from accounts.models import Pot, Transfer
from yibao.lib.fen import grouped


def settlements(pots: Iterable[Pot], vouchers: Collection[int]) -> dict[int, str]:
    """Return voucher id → how its sum was settled, of those that touched the debt among these pots of one person.

    One query; none where there never was a debt.
    """
    own = {pot.pk: PotKind(pot.kind) for pot in pots}
    if PotKind.RECEIVABLE not in own.values() or not vouchers:
        return {}
    rows = Transfer.objects.filter(
        Q(target__in=list(own), target_balance_fen__isnull=False)
        | Q(source__in=list(own), source_balance_fen__isnull=False),
        voucher__in=vouchers,
        kind__in=CREDIT_KINDS,
    ).order_by("id")
    by_voucher: dict[int, list[Transfer]] = defaultdict(list)
    for row in rows:
        by_voucher[row.voucher_id].append(row)
    words = {voucher: _words(own, of_voucher) for voucher, of_voucher in by_voucher.items()}
    return {voucher: text for voucher, text in words.items() if text}


def settlement_of(transfer: Transfer) -> str:
    """Return how the sum that a transfer is a part of was settled; "" where no debt was touched (two queries)."""
    person = transfer.target.person_id or transfer.source.person_id
    if person is None or transfer.kind not in CREDIT_KINDS:
        return ""
    pots = Pot.objects.filter(person=person, region=transfer.region)
    return settlements(pots, [transfer.voucher_id]).get(transfer.voucher_id, "")


def _words(own: dict[int, PotKind], rows: list[Transfer]) -> str:
    total = sum(row.amount_fen for row in rows)
    debts = [row for row in rows if PotKind.RECEIVABLE in (own.get(row.source_id), own.get(row.target_id))]
    if not debts:
        return ""
    of_debt = sum(row.amount_fen for row in debts)
    last, rest = debts[-1], total - of_debt
    if last.target_id in own:
        owed = -(last.target_balance_fen or 0)
        parts = f"其中 {grouped(of_debt)} 元还以前多划的，{grouped(rest)} 元记入" if rest else "全部还以前多划的"
        return f"{grouped(total)} 元划入，{parts}；" + (f"还欠 {grouped(owed)} 元" if owed else "已经还清")
    owed = -(last.source_balance_fen or 0)
    parts = f"其中 {grouped(rest)} 元从账户收回，{grouped(of_debt)} 元" if rest else "全部"
    return f"要收回 {grouped(total)} 元，{parts}已经用掉，记为待追回；一共还欠 {grouped(owed)} 元"
