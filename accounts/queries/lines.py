"""Entries in the words of a citizen's statement: what, who, where, from which account.

For one's own use the place is named. For a relative's use only the kind of place is told: never the institution.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from accounts.codes import MOVE_KINDS, SIGNED_KINDS, PotKind, VoucherKind
from accounts.models import Voucher
from accounts.queries import page_hooks
from accounts.queries.account import Account
from accounts.queries.entries import Entry
from accounts.queries.settlements import settlements
from accounts.queries.statement import corrects_closed_year, effective_on
from yibao.lib.days import month_words, short_day_words
from yibao.lib.months import Month
from yibao.lib.periods import Period


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a statement, ready for components/entries.html and components/ledger.html."""

    id: int
    day: date
    title: str
    fen: int
    pot: PotKind
    pot_name: str
    place: str = ""
    # What the sign means where it is neither 记入 nor 使用; `moved`: between two own accounts, so no sign at all.
    word: str = ""
    moved: bool = False
    balance_fen: int | None = None
    url: str = ""
    # How a sum that paid back a debt, or left one, was settled.
    settled: str = ""

    @property
    def notes(self) -> list[str]:
        return [self.pot_name, self.settled] if self.settled else [self.pot_name]

    @property
    def text(self) -> str:
        """What happened, in one cell."""
        return f"{self.title}。{self.settled}" if self.settled else self.title

    @property
    def sort(self) -> str:
        """What the sign means, in a word."""
        if self.moved:
            return "转账"
        return self.word or ("使用" if self.fen < 0 else "记入")


def pot_name(kind: PotKind, has_buckets: bool) -> str:
    """Return what pages call a pot: 历年结余, or 个人账户 where the region does not keep years apart."""
    if kind == PotKind.CARRIED and not has_buckets:
        return "个人账户"
    return kind.label


def lines_of(
    account: Account,
    entries: Iterable[Entry],
    *,
    url: Callable[[int], str],
    apart: bool = False,
    called: Callable[[str], str] = str,
) -> list[Line]:
    """Return the lines of entries, in their order, each with the address that `url` gives for its id.

    A move between two own accounts is one line, which says where the money went; with `apart` (one account is looked
    at on its own) it stays a line of each. Balances are left to `with_balances`. `called` writes a relative's name.
    """
    entries = list(entries)
    users = {entry.transfer.voucher.subject_id for entry in entries} - {account.person.pk}
    names = page_hooks.names_of(account.person, [user for user in users if user is not None])
    for entry in entries:
        subject = entry.transfer.voucher.subject
        if subject is not None:
            names[subject.pk] = called(names.get(subject.pk) or subject.name)
    settled = settlements(account.pots.values(), {entry.transfer.voucher_id for entry in entries})
    lines = []
    for entry in entries:
        is_inner = entry.transfer.source.person_id == entry.transfer.target.person_id
        if is_inner and not apart and entry.amount_fen < 0:
            continue
        line = _line(account, entry, names, url(entry.id), moved=is_inner and not apart)
        lines.append(replace(line, settled=settled.get(entry.transfer.voucher_id, "")))
    return lines


def with_balances(lines: Iterable[Line], opening_fen: int, pots: Iterable[PotKind]) -> list[Line]:
    """Return the lines, each with what the given pots held together after it (fen), from what they held before."""
    counted, balance_fen, found = set(pots), opening_fen, []
    for line in lines:
        if line.pot in counted and not line.moved:
            balance_fen += line.fen
        found.append(replace(line, balance_fen=balance_fen))
    return found


def with_own_balances(lines: Iterable[Line], opening_fen: Mapping[PotKind, int]) -> list[Line]:
    """Return the lines, each with what its own pot held after it (fen), from what the pots held before."""
    balances, found = dict(opening_fen), []
    for line in lines:
        balances[line.pot] = balances.get(line.pot, 0) + line.fen
        found.append(replace(line, balance_fen=balances[line.pot]))
    return found


def _line(account: Account, entry: Entry, names: Mapping[int, str], url: str, *, moved: bool) -> Line:
    voucher = entry.transfer.voucher
    has_buckets = account.credit.has_buckets
    return Line(
        id=entry.id,
        day=effective_on(voucher, account.credit),
        title=title_of(entry, names, closed=corrects_closed_year(voucher, account.credit)),
        fen=entry.amount_fen,
        pot=entry.pot,
        pot_name=_pots_named(entry, has_buckets) if moved else pot_name(entry.pot, has_buckets),
        place=place_of(entry),
        word=_word(entry),
        moved=moved,
        url=url,
    )


def place_of(entry: Entry) -> str:
    """Return where the money was used: the name for one's own use, the kind of place for anybody else's."""
    voucher = entry.transfer.voucher
    return voucher.place if entry.is_own_use else voucher.place_kind


def title_of(entry: Entry, names: Mapping[int, str], *, closed: bool = False) -> str:
    """Return what happened, and for a use who used the money and where; `closed`: it corrects a year that is closed."""
    voucher = entry.transfer.voucher
    if entry.kind in SIGNED_KINDS:
        return _signed(entry)
    if entry.pot == PotKind.RECEIVABLE:
        what = "多记的钱已经用掉，记为待追回" if entry.amount_fen < 0 else "还以前多记的钱"
        return f"{_year(voucher)}年度更正：{what}" if closed else what
    if closed:
        what = "利息" if entry.kind == VoucherKind.INTEREST else ""
        return f"{_year(voucher)}年度更正：" + (f"补记{what}" if entry.amount_fen > 0 else f"收回多记的{what or '钱'}")
    if entry.kind == VoucherKind.SPENDING:
        what = f"{_who(entry, names)}{_purpose(entry)}"
        return "，".join(part for part in (what, place_of(entry)) if part)
    if entry.kind == VoucherKind.PREMIUM:
        return f"给{_who(entry, names)}交居民医保"
    if entry.kind == VoucherKind.REVERSAL and voucher.reverses is not None:
        return f"冲正：{short_day_words(voucher.reverses.occurred_on)}的一笔已退回"
    if entry.kind == VoucherKind.ADJUSTMENT:
        return f"{_year(voucher)}年度补记" if entry.amount_fen > 0 else f"{_year(voucher)}年度收回多记的钱"
    if entry.kind == VoucherKind.ACCRUAL:
        return _accrual(voucher)
    plain = {
        VoucherKind.OPENING: f"期初：从原系统转入的余额（截至{short_day_words(voucher.occurred_on)}）",
        VoucherKind.PRECREDIT: f"{_year(voucher)}年度的钱提前记入（预划）",
        VoucherKind.TRUEUP: f"{_year(voucher)}年度收回多记的钱（多划追回）",
        VoucherKind.INTEREST: f"{_year(voucher)}年度利息",
        VoucherKind.ROLLOVER: f"{_year(voucher)}年度没用完的转入历年结余",
        VoucherKind.TRANSFER_IN: "转入共济账户（划拨）",
        VoucherKind.TRANSFER_BACK: "共济账户的钱转回",
    }
    return plain.get(entry.kind) or voucher.reason or entry.kind.label


def _purpose(entry: Entry) -> str:
    """What a use was for: 门诊, 住院 and the like for whoever used it, no more than 看病 or 购药 for who paid for them."""
    reason = entry.transfer.voucher.reason
    if entry.is_own_use or reason == "购药":
        return reason or "看病买药"
    return "看病" if reason else "看病买药"


def _signed(entry: Entry) -> str:
    """What two people signed: in the words on the voucher, which name the paper."""
    transfer = entry.transfer
    if entry.kind in MOVE_KINDS and PotKind.RECEIVABLE in (transfer.source.kind, transfer.target.kind):
        return "从余额里还以前多划的钱"
    return transfer.voucher.reason or entry.kind.label


def _who(entry: Entry, names: Mapping[int, str]) -> str:
    if entry.is_own_use:
        return "本人"
    subject = entry.transfer.voucher.subject
    return names[subject.pk] if subject else "家人"


def _accrual(voucher: Voucher) -> str:
    period = Period.parse(voucher.period)
    if period.is_year:
        return voucher.get_kind_display()
    month = period.month
    late = month < Month.of(voucher.occurred_on)
    return f"补记{month_words(month)}的钱" if late else f"{month_words(month)}的钱记入"


def _year(voucher: Voucher) -> int:
    return Period.parse(voucher.period).year


_BETWEEN = (*MOVE_KINDS, VoucherKind.ROLLOVER, VoucherKind.TRANSFER_IN, VoucherKind.TRANSFER_BACK)


def _word(entry: Entry) -> str:
    """What the sign means, for screen readers, where it is neither 记入 nor 使用."""
    if entry.kind == VoucherKind.WRITE_OFF:
        return "核销"
    if entry.pot == PotKind.RECEIVABLE:
        return "待追回" if entry.amount_fen < 0 else "还清"
    if entry.kind == VoucherKind.REVERSAL:
        return _word_of_reversal(entry)
    if entry.kind.is_correction and entry.amount_fen < 0:
        return "收回"
    if entry.kind == VoucherKind.OPENING:
        return "期初转入"
    if entry.kind == VoucherKind.MANUAL:
        return "调增" if entry.amount_fen > 0 else "调减"
    if entry.kind in _BETWEEN:
        return "转入" if entry.amount_fen > 0 else "转出"
    return ""


def _word_of_reversal(entry: Entry) -> str:
    reversed_kind = entry.transfer.voucher.reverses and VoucherKind(entry.transfer.voucher.reverses.kind)
    if entry.amount_fen > 0:
        return "记入" if reversed_kind and reversed_kind.is_credit else "退回"
    return "收回"


def _pots_named(entry: Entry, has_buckets: bool) -> str:
    source, target = entry.transfer.source, entry.transfer.target
    return f"{pot_name(PotKind(source.kind), has_buckets)} → {pot_name(PotKind(target.kind), has_buckets)}"
