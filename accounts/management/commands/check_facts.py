"""List where the facts of a region contradict each other or the money; exit 1 when a list is not empty."""

from argparse import ArgumentParser
from typing import Any

from accounts.errors import AccountsError
from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument
from accounts.management.regions import known_region
from accounts.models import Person
from accounts.queries.fact_checks import TITLES, Row, lists_of
from yibao.lib import clock
from yibao.lib.masking import masked_certno, masked_name
from yibao.lib.periods import BadPeriodError, Period


class Command(BaseCommand):
    help = "List: credited not paid, paid not credited, insured twice, perhaps the same person, insured and never paid."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", required=True, help="统筹区 code, e.g. 330900")
        parser.add_argument("--period", help="a month or a benefit year, default the year of today")
        parser.add_argument("--on", type=day_argument, help="as of that day, default today")

    def handle(self, *args: object, **options: Any) -> None:
        region = known_region(options["region"])
        try:
            period = Period.parse(options["period"]) if options["period"] else None
        except BadPeriodError as error:
            raise CommandError(str(error)) from None
        try:
            found = lists_of(region, period, options["on"] or clock.today())
        except AccountsError as error:
            raise CommandError(error.message) from None
        people = Person.objects.in_bulk({row.person for rows in found.values() for row in rows})
        if options["json"]:
            lists = {name: [_as_json(row, people[row.person]) for row in rows] for name, rows in found.items()}
            document = {"region": region, "period": options["period"], "lists": lists}
            self.answer(document)
        else:
            for name, rows in found.items():
                self.stdout.write(f"{TITLES[name]}：{len(rows)} 人")
                for row in rows:
                    self.stdout.write(f"  {_as_text(row, people[row.person])}")
        if left := [f"{TITLES[name].partition('：')[0]} {len(rows)} 人" for name, rows in found.items() if rows]:
            raise CommandError("要核对的：" + "；".join(left))


def _as_json(row: Row, person: Person) -> dict[str, object]:
    return {
        "person": row.person,
        "psn_name": masked_name(person.name),
        "certno": masked_certno(person.certno),
        "periods": list(row.periods),
        "note": row.note,
    }


def _as_text(row: Row, person: Person) -> str:
    months = f" {'、'.join(row.periods)}" if row.periods else ""
    return f"编号 {row.person} {masked_name(person.name)} {masked_certno(person.certno)}{months}：{row.note}"
