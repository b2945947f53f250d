"""Which pots would pay, as the one who consents may see it: a relative's balance is in no figure (docs/decisions/0011)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from payments.premiums.queries import PersonPlan, PremiumPlan
from payments.premiums.rules import refundable_until, undo_for
from payments.views.citizen.order_words import own_pot_name
from yibao.lib.days import span_words

USED_UP, THE_REST = "能用的会用完", "出余下的"


@dataclass(frozen=True, slots=True)
class LineShown:
    """What one pot pays: how much (fen), or in words where the figure would be a relative's balance."""

    whose: str
    amount_fen: int | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class PersonShown:
    """One person that will be paid for."""

    called: str
    region_name: str
    premium_year: int
    amount_fen: int
    lines: tuple[LineShown, ...]


@dataclass(frozen=True, slots=True)
class PotShown:
    """One of the payer's own pots before and after (fen)."""

    whose: str
    before_fen: int
    after_fen: int


@dataclass(frozen=True, slots=True)
class PlanShown:
    """Everybody that will be paid for, and what is left."""

    people: tuple[PersonShown, ...]
    pots: tuple[PotShown, ...]
    total_fen: int
    undo: str  # for how long it may be taken back: 10分钟
    refund_until: date | None  # None where it is never given back any more once the tax office has it
    reserve_fen: int  # what stays in the payer's account when they pay for relatives; 0 where nothing has to


def shown(plan: PremiumPlan, on: date) -> PlanShown:
    """Return what of a plan the payer may see on a day."""
    pots = (PotShown(f"您的{own_pot_name(one.pot, one.region)}", one.before_fen, one.after_fen) for one in plan.pots)
    paid = [one for one in plan.people if not one.reasons]
    undo = min((undo_for(one.who.terms) for one in paid if one.who.terms), default=timedelta())
    last_on = min((refundable_until(one.who.terms) for one in paid if one.who.terms), default=on)
    return PlanShown(
        people=tuple(map(_person, paid)),
        pots=tuple(pots),
        total_fen=plan.total_fen,
        undo=span_words(undo),
        refund_until=last_on if on <= last_on else None,
        reserve_fen=max((one.who.reserve_fen for one in paid), default=0),
    )


def _person(one: PersonPlan) -> PersonShown:
    who = one.who
    year = who.terms.premium_year if who.terms else 0
    return PersonShown(who.called, who.region_name, year, one.amount_fen, tuple(_lines(one)))


def _lines(one: PersonPlan) -> Sequence[LineShown]:
    """Return the pots in order. Of several relatives only whether theirs is used up is said: one alone pays the rest."""
    relatives = [line for line in one.lines if line.called]
    found = []
    for line in one.lines:
        whose = f"{line.called or '您'}的{own_pot_name(line.pot, line.region)}"
        if line.called and len(relatives) > 1:
            found.append(LineShown(whose, None, THE_REST if line is relatives[-1] else USED_UP))
        else:
            found.append(LineShown(whose, line.amount_fen))
    return found
