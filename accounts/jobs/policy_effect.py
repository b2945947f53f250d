"""What drafts of the rules would change of what is posted already: for whom and how much, in each benefit year.

The jobs' own entitlement, computed twice, with the drafts and without; what differs is what the next runs would post for
them. Chunk by chunk, so that a city takes no more memory than a village. Nothing is written.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from accounts.codes import JobKind, PolicyKind
from accounts.jobs.job import Outcome
from accounts.jobs.monthly import corrections, recheck, window
from accounts.jobs.places import places
from accounts.jobs.registry import is_yearly, rules_day
from accounts.jobs.runs import ranges
from accounts.jobs.yearly import cases
from accounts.ledger import book_years
from accounts.models import Chunk, PolicyVersion, Run
from accounts.policies import formulas, registry
from accounts.policies.formulas import CannotCreditError, MonthFacts
from accounts.policies.terms import CreditTerms
from yibao.lib.periods import Period

Owed = Counter[tuple[int, int]]  # (benefit year, person) → what is still to be posted, fen


class YearEffect(NamedTuple):
    """One benefit year: how many people get more and less, and how much in all (fen)."""

    year: int
    closed: bool
    more: int
    more_fen: int
    less: int
    less_fen: int


def changes_what_is_posted(draft: PolicyVersion) -> bool:
    """Say whether something was credited already for a time in which the draft would be in force."""
    if draft.kind != PolicyKind.CREDIT:
        return False
    return any(_end(draft.region_id, period) > draft.effective_from for period in _credited(draft.region_id))


def effect_of(
    drafts: Sequence[PolicyVersion], on: date, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[YearEffect]:
    """Return what drafts of one region would change on a day, by benefit year; years in which nothing changes left out.

    Raises CannotRunError where nobody is insured, PolicyError for drafts whose values do not hold.
    """
    region, since = drafts[0].region_id, min(draft.effective_from for draft in drafts)
    found: dict[int, Counter[str]] = {}
    chunks = ranges(region)
    for done, (first, until) in enumerate(chunks):
        progress(done, len(chunks))
        chunk = Chunk(from_person=first, until_person=until)
        with registry.assuming([]):  # what is published, without asking again for each person whether more is
            change = Counter({key: -fen for key, fen in _owed(region, chunk, since, on).items()})
        with registry.assuming(drafts):
            change.update(_owed(region, chunk, since, on))
        for (year, _), fen in change.items():
            if fen:
                which = "more" if fen > 0 else "less"
                found.setdefault(year, Counter()).update({which: 1, f"{which}_fen": abs(fen)})
    progress(len(chunks), len(chunks))
    return [
        YearEffect(
            year, book_years.is_closed(region, year), *(of[name] for name in ("more", "more_fen", "less", "less_fen"))
        )
        for year, of in sorted(found.items())
    ]


def _owed(region: str, chunk: Chunk, since: date, on: date) -> Owed:
    owed: Owed = Counter()
    periods = _credited(region)
    for year in _years_since(region, since, [period for period in periods if period.is_year]):
        run = Run(kind=JobKind.ACCRUAL, region=region, period=str(year), on=on)
        about = cases.year_of(run, closed=book_years.is_closed(region, year.year))
        for difference in cases.differences_of(run, chunk, about, Outcome()):
            owed[year.year, difference.person] += difference.fen
    if months := [period for period in periods if period.is_month]:
        for number, person, fen in _monthly(region, chunk, max(months), on):
            owed[number, person] += fen
    return owed


def _monthly(region: str, chunk: Chunk, latest: Period, on: date) -> Iterator[tuple[int, int, int]]:
    """Yield (year, person, fen) of what another look at everybody's months up to the latest one would post."""
    run = Run(kind=JobKind.ACCRUAL, region=region, period=str(latest), on=on)
    everybody = recheck.everybody(region, chunk)
    again = corrections.look_again(run, chunk, window.of(run), everybody, places(chunk, region), on)
    for difference in again.differences:
        yield difference.year.year, difference.person, difference.fen
    for due in again.dues:
        version = registry.version_on(region, CreditTerms, due.month)
        age = formulas.age_on(due.birth_on, due.month)
        try:
            fen = formulas.monthly_credit(
                MonthFacts(due.capacity, due.base_fen, age, due.pension_fen), version.terms
            ).amount_fen
        except CannotCreditError:
            continue
        yield book_years.year_of(region, due.month), due.person, fen


def _credited(region: str) -> list[Period]:
    runs = Run.objects.filter(kind=JobKind.ACCRUAL, region=region)
    return [Period.parse(period) for period in runs.order_by("period").values_list("period", flat=True)]


def _years_since(region: str, since: date, years: Sequence[Period]) -> list[Period]:
    return [year for year in years if _end(region, year) > since and is_yearly(region, rules_day(year.year))]


def _end(region: str, period: Period) -> date:
    """Return the first day after a credited period."""
    if period.is_month:
        return period.month.next_first
    return formulas.year_range(period.year, registry.credit(region, rules_day(period.year)))[1]
