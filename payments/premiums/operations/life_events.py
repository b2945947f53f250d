"""What happens in a life and concerns premiums: records that become one, and accounts that go elsewhere.

Registered with accounts (accounts.operations.life_events).
"""

from collections.abc import Iterator

from accounts.identity.actors import Act
from accounts.models import Person
from accounts.operations.life_events import hooks
from payments.premiums.codes import LIVE_CLAIMS, LIVE_STATES, PAID_STATES, OrderState
from payments.premiums.models import PremiumOrder, PremiumPaid, RefundClaim

_UNDECIDED = tuple(state for state in PAID_STATES if state != OrderState.CONFIRMED)


def why_not_moved(person: Person, region: str) -> str:
    """Return why an account cannot go elsewhere yet: a premium it paid may still come back. "" where none may."""
    source = {"person": person, "region": region}
    paid = {f"voucher_links__voucher__transfers__source__{name}": value for name, value in source.items()}
    orders = PremiumOrder.objects.filter(**paid, state__in=_UNDECIDED).order_by("pk").distinct()
    no = orders.values_list("no", flat=True).first()
    return f"代缴单 {no} 还没有结果，钱可能退回这个账户，等税务答复以后再办" if no else ""


def why_not_merged(gone: Person, kept: Person) -> Iterator[str]:
    """Yield what of premiums has to be settled first: one person has one order, and one claim, a year."""
    for rows, what in (
        (PremiumOrder.objects.filter(state__in=LIVE_STATES), "代缴单"),
        (RefundClaim.objects.filter(state__in=LIVE_CLAIMS), "返还申请"),
    ):
        years = [set(rows.filter(person=person).values_list("premium_year", flat=True)) for person in (gone, kept)]
        for year in sorted(years[0] & years[1]):
            yield f"两份登记都有{year}年度居民医保的{what}，请先退掉一份"


def follow(act: Act, gone: Person, kept: Person) -> None:
    """Let orders, claims and what was paid elsewhere be the other record's, in the caller's transaction."""
    for model in (PremiumOrder, RefundClaim):
        model.objects.filter(person=gone).update(person=kept)
        model.objects.filter(payer=gone).update(payer=kept)
    PremiumPaid.objects.filter(person=gone).update(person=kept)


hooks.why_not_moved.append(why_not_moved)
hooks.why_not_merged.append(why_not_merged)
hooks.on_merge.append(follow)
