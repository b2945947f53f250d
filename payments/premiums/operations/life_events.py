"""What happens in a life and concerns premiums: records that become one, and accounts that go elsewhere.

Registered with accounts (accounts.operations.life_events).
"""

from collections.abc import Iterator

from accounts.identity.actors import Act
from accounts.ledger.freezing import known_deaths
from accounts.models import Person
from accounts.operations.life_events import hooks
from payments.premiums.codes import LIVE_CLAIMS, LIVE_STATES, PAID_STATES, OrderState, RefundReason
from payments.premiums.models import PremiumOrder, PremiumPaid, RefundClaim
from payments.premiums.operations import progress

_UNDECIDED = tuple(state for state in PAID_STATES if state != OrderState.CONFIRMED)


def why_not_moved(person: Person, region: str) -> str:
    """Return why an account cannot go elsewhere yet: a premium it paid may still come back. "" where none may."""
    source = {"person": person, "region": region}
    paid = {f"voucher_links__voucher__transfers__source__{name}": value for name, value in source.items()}
    orders = PremiumOrder.objects.filter(**paid, state__in=_UNDECIDED).order_by("pk").distinct()
    no = orders.values_list("no", flat=True).first()
    return f"代缴单 {no} 还没有结果，钱可能退回这个账户，等税务答复以后再办" if no else ""


def why_not_merged(gone: Person, kept: Person) -> Iterator[str]:
    """Yield what of premiums has to be settled first: one person has one order or one claim a year, not both."""
    of_gone, of_kept = _by_year(gone), _by_year(kept)
    for year in sorted(of_gone.keys() & of_kept.keys()):
        what = "和".join(dict.fromkeys((of_gone[year], of_kept[year])))
        yield f"两份登记都有{year}年度居民医保的{what}，请先退掉一份"


def _by_year(person: Person) -> dict[int, str]:
    """Return premium year → what stands for somebody's premium of it, in a word."""
    claims = RefundClaim.objects.filter(person=person, state__in=LIVE_CLAIMS)
    orders = PremiumOrder.objects.filter(person=person, state__in=LIVE_STATES)
    return dict.fromkeys(claims.values_list("premium_year", flat=True), "返还申请") | dict.fromkeys(
        orders.values_list("premium_year", flat=True), "代缴单"
    )


def follow(act: Act, gone: Person, kept: Person) -> None:
    """Let orders, claims and what was paid elsewhere be the other record's, in the caller's transaction."""
    for model in (PremiumOrder, RefundClaim):
        model.objects.filter(person=gone).update(person=kept)
        model.objects.filter(payer=gone).update(payer=kept)
    PremiumPaid.objects.filter(person=gone).update(person=kept)


def stop_for_the_dead(*, act: Act, region: str) -> int:
    """Give back, to the pots that paid, the region's orders for people who have died; return how many.

    Only what is not handed over yet: for the rest the tax office is asked for it (progress.refund). An order whose payer
    has died goes on: it was paid in their lifetime, for somebody who needs it. Each order is a transaction of its own.
    """
    paid = dict(PremiumOrder.objects.filter(region=region, state=OrderState.DEBITED).values_list("pk", "person_id"))
    died = known_deaths(set(paid.values()))
    due = sorted(pk for pk, person_id in paid.items() if person_id in died)
    return sum(progress.stop(act=act, order_id=pk, reason=RefundReason.DEATH.label) for pk in due)


hooks.why_not_moved.append(why_not_moved)
hooks.why_not_merged.append(why_not_merged)
hooks.on_merge.append(follow)
