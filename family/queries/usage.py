"""Who used whose money: day, kind of place, amount and the other person; never the name of a place, never more."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from accounts.codes import Scope, VoucherKind
from accounts.models import Person
from family.models import Draw
from family.queries.bonds import kin_of
from family.queries.draws import RETURNED
from yibao.lib.fen import yuan


@dataclass(frozen=True, slots=True)
class Use:
    """One use as both sides may see it (fen). `returned_fen`: what of it was given back."""

    on: date
    other: Person
    kin: str
    amount_fen: int
    place_kind: str
    what: str
    returned_fen: int
    bond_id: int

    @property
    def used_fen(self) -> int:
        return self.amount_fen - self.returned_fen

    @property
    def is_premium(self) -> bool:
        """Whether it paid for a year's cover, not for a doctor or a medicine."""
        return self.what == VoucherKind.PREMIUM.label

    @property
    def returned_words(self) -> str:
        """Return what became of it, in words: "" where nothing was given back."""
        if not self.returned_fen:
            return ""
        return "已退回" if self.used_fen == 0 else f"已退回{yuan(self.returned_fen)}元"


def used_of_mine(
    person: Person, *, user: Person | None = None, since: date | None = None, until: date | None = None
) -> list[Use]:
    """Return what relatives used of this person's money, the latest first; `until` is the last day."""
    rows = Draw.objects.filter(bond__payer=person)
    return _uses(rows.filter(bond__user=user) if user else rows, person, since, until)


def used_of_others(
    person: Person, *, payer: Person | None = None, since: date | None = None, until: date | None = None
) -> list[Use]:
    """Return what this person used of relatives' money, the latest first; `until` is the last day."""
    rows = Draw.objects.filter(bond__user=person)
    return _uses(rows.filter(bond__payer=payer) if payer else rows, person, since, until)


@dataclass(frozen=True, slots=True)
class Total:
    """What one person used (fen), and what of it were premiums."""

    person: Person
    kin: str
    fen: int
    premiums_fen: int


def totals(uses: Iterable[Use]) -> list[Total]:
    """Return what each person used, what was given back not counted, the largest first."""
    of: dict[int, list[Use]] = defaultdict(list)
    for one in uses:
        of[one.other.pk].append(one)
    found = (
        Total(
            theirs[0].other,
            theirs[0].kin,
            sum(use.used_fen for use in theirs),
            sum(use.used_fen for use in theirs if use.is_premium),
        )
        for theirs in of.values()
    )
    return sorted(found, key=lambda total: (-total.fen, total.person.pk))


@dataclass(frozen=True, slots=True)
class UsedBy:
    """What one person used in each month or year in which they did: rows of (label, fen) for bars, oldest first.

    Premiums are a kind of their own: `what` is 代缴居民医保, or "" for treatment and medicines.
    """

    called: str
    what: str
    rows: list[tuple[str, int]]


def used_by_time(uses: Iterable[Use], *, by_month: bool) -> list[UsedBy]:
    """Return for each person and kind what was used by month (uses of one year), or by year, without what came back."""
    sums: dict[tuple[str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for one in uses:
        if one.used_fen:
            key = f"{one.other.name}（{one.kin}）", one.what if one.is_premium else ""
            sums[key][one.on.month if by_month else one.on.year] += one.used_fen
    unit = "月" if by_month else "年"
    return [UsedBy(*key, [(f"{when}{unit}", times[when]) for when in sorted(times)]) for key, times in sums.items()]


def _uses(rows: QuerySet[Draw], person: Person, since: date | None, until: date | None) -> list[Use]:
    within = Q()
    if since is not None:
        within &= Q(on__gte=since)
    if until is not None:
        within &= Q(on__lte=until)
    draws = rows.filter(within).select_related("bond__payer", "bond__user", "voucher").annotate(returned_fen=RETURNED)
    found = []
    for draw in draws.order_by("-on", "-pk"):
        bond, voucher = draw.bond, draw.voucher
        found.append(
            Use(
                on=draw.on,
                other=bond.user if bond.payer_id == person.pk else bond.payer,
                kin=kin_of(bond, person),
                amount_fen=draw.amount_fen,
                place_kind=voucher.place_kind,
                what=VoucherKind(voucher.kind).label if voucher.kind == VoucherKind.PREMIUM else Scope.MEDICAL.label,
                returned_fen=draw.returned_fen,
                bond_id=bond.pk,
            )
        )
    return found
