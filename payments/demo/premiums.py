"""The demo's residents' premiums: paid from accounts and answered by the tax office, or paid in cash and claimed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from pathlib import Path

from accounts.identity.actors import Act, Actor
from accounts.models import Person
from payments.demo.families import GUO_LELE, GUO_MIN, HUANG_JIANGUO, HUANG_XIAOMING, HUANG_XIUYING, person
from payments.demo.personas import HENAN, QUANZHOU
from payments.demo.tax_office import answer_to, answers_to, rows_of
from payments.premiums.operations import claiming, paying
from payments.premiums.tax_office import batches, paid
from payments.premiums.tax_office.answers import import_premium_results
from payments.premiums.tax_office.applying import apply_answers, settle_claims
from yibao.lib import clock
from yibao.lib.clock import SHANGHAI
from yibao.lib.csv_files import csv_bytes, write_private

CARD, RECEIPT = "6222020000000000000", "341000251203000018"


@dataclass(frozen=True, slots=True)
class Season:
    """A year's collection as it was lived through, day by day."""

    actor: Actor
    folder: Path

    @property
    def act(self) -> Act:
        return Act(self.actor, clock.now())

    def pay(self, payer: int, *people: int) -> None:
        key = f"demo:premium:{self.act.on}:{payer}"
        paying.pay(act=self.act, payer=person(payer), people=_people(people), key=key)

    def answered(self, *, reject: int = 0) -> None:
        """Hand over what is due, and take in what the tax office says."""
        for _, path in batches.export(act=self.act, region=QUANZHOU):
            answer = answer_to(path)  # beside it: the demo's tax office sees that it has answered
            write_private(answer, answers_to(rows_of(path), on=self.act.on, reject=reject).encode())
            import_premium_results(act=self.act, path=answer)
        apply_answers(act=self.act)

    def claim(self, payer: int, user: int) -> None:
        who, child = person(payer), person(user)
        claiming.claim(act=self.act, payer=who, person=child, receipt_no=RECEIPT, bank_card=CARD)

    def proven(self, user: int) -> None:
        """Take in what the tax office says was paid in cash, and pay what was claimed of it."""
        row = (str(person(user).certno), "2026", HENAN, "2025-12-03", "手机税务", RECEIPT, "400.00")
        path = self.folder / "premiums-paid.csv"
        write_private(path, csv_bytes(paid.COLUMNS, [row]))
        paid.import_premiums_paid(act=self.act, path=path)
        settle_claims(act=self.act)


PAST: tuple[tuple[date, Callable[[Season], None]], ...] = (
    (date(2025, 10, 14), lambda season: season.pay(HUANG_JIANGUO, HUANG_XIUYING)),
    (date(2025, 10, 16), lambda season: season.answered()),
    (date(2025, 10, 28), lambda season: season.pay(HUANG_JIANGUO, HUANG_XIAOMING)),
    (date(2025, 10, 30), lambda season: season.answered(reject=1)),
    (date(2025, 11, 12), lambda season: season.pay(HUANG_JIANGUO, HUANG_XIAOMING)),
    (date(2025, 11, 14), lambda season: season.answered()),
    (date(2025, 12, 4), lambda season: season.claim(GUO_MIN, GUO_LELE)),
    (date(2026, 1, 15), lambda season: season.proven(GUO_LELE)),
)


def days(act: Act, folder: Path) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Yield when whose premium was paid, answered, claimed and proven."""
    season = Season(act.actor, folder)
    for on, happens in PAST:
        yield datetime.combine(on, time(11), SHANGHAI), partial(happens, season)


def _people(serials: tuple[int, ...]) -> list[Person]:
    return [person(serial) for serial in serials]
