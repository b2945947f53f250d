"""Print somebody's pots and entries, each with how it came about: the lines of the page, of paper and of the file."""

from argparse import ArgumentParser

from accounts.codes import PERSONAL_POTS, PotKind
from accounts.identity.actors import Act, Actor
from accounts.identity.audit import LOOKED_UP, record
from accounts.ledger.pots import regions_of
from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import year_argument
from accounts.models import Person
from accounts.policies import formulas
from accounts.queries.account import Account, account_in, accounts_of
from accounts.queries.entries import Entry
from accounts.queries.explanations import Why, why
from accounts.queries.lines import Line, lines_of, with_own_balances
from accounts.queries.months import Balance, balance_name, balances_around, figures_by_month, statement
from accounts.queries.people import find_by_certno
from accounts.queries.statement import entries_between, month_sums
from yibao.lib import clock
from yibao.lib.fen import grouped, signed, yuan
from yibao.lib.masking import masked_certno, masked_name
from yibao.lib.months import Month

_ALWAYS = (PotKind.CARRIED, PotKind.RECEIVABLE)  # shown as 0.00 when empty; the others only where they exist


class Command(BaseCommand):
    help = "Print the pots and entries of a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("certno", help="证件号码")
        parser.add_argument("--region", help="统筹区 code; needed when the person has accounts in several")
        parser.add_argument(
            "--year", type=year_argument, help="年度: only its entries, between the balances before and after"
        )

    def handle(self, *args: object, **options: object) -> None:
        person = find_by_certno(str(options["certno"]))
        if person is None:
            raise CommandError("名册里没有这个证件号码，请核对后再查")
        region = self._region(person, options["region"])
        act = Act(Actor.system("statement"), clock.now())
        record(act=act, verb=LOOKED_UP, subject=person, detail={"region": region})
        asked = Asked(account_in(accounts_of(person), region, clock.today()), options["year"])
        if options["json"]:
            self.answer(_as_json(asked))
        else:
            self._print(asked)

    def _print(self, asked: "Asked") -> None:
        account, person = asked.account, asked.account.person
        self.stdout.write(f"{masked_name(person.name)}　{masked_certno(person.certno)}　统筹区 {account.region}")
        for kind, pot in account.pots.items():
            self.stdout.write(f"  {kind.label}：{grouped(abs(pot.balance_fen or 0))} 元")
        if asked.around:
            self.stdout.write(_balance_words(asked.around[0]))
        left, lines = balance_name(account, account.pots), asked.lines()
        for line in lines:
            moved = grouped(line.fen) if line.moved else signed(line.fen)
            self.stdout.write(
                f"{line.id:>8}  {line.day}  {line.text}（{line.pot_name}）  {line.sort} {moved}"
                f"  {left} {signed(line.balance_fen or 0, plus='')}"
            )
            self.stdout.write(f"          {asked.why(line).words}")
        if asked.around:
            self.stdout.write(_balance_words(asked.around[1]))
        elif not lines:
            self.stdout.write("  还没有任何记录。")

    def _region(self, person: Person, wanted: object) -> str:
        regions = regions_of(person.pk)
        if wanted is not None and wanted not in regions:
            raise CommandError(
                f"这个人在统筹区 {wanted} 没有个人账户" + (f"，有的是：{'、'.join(regions)}" if regions else "")
            )
        if not regions:
            raise CommandError("这个人没有个人账户（居民医保不设个人账户）")
        if wanted is None and len(regions) > 1:
            raise CommandError(f"这个人在几个统筹区有账户，请用 --region 指明：{'、'.join(regions)}")
        return str(wanted or regions[0])


class Asked:
    """What was asked for: an account, and of it everything, or a benefit year between two balances."""

    def __init__(self, account: Account, year: object) -> None:
        self.account = account
        self.sums = month_sums(account)
        figures = figures_by_month(self.sums, account.pots)
        self.figures = figures
        self.months = list(figures)
        self.around: tuple[Balance, Balance] | None = None
        if year is not None:
            first, until = formulas.year_range(int(str(year)), account.credit)
            self.months = [month for month in figures if first <= month.first < until]
            self.around = balances_around(figures, first, until, account.today)
        self.entries = self._entries()
        self._transfers = {entry.id: entry.transfer for entry in self.entries}

    def _entries(self) -> list[Entry]:
        if not self.months:
            return []
        return entries_between(self.account, self.months[0].first, self.months[-1].next_first)

    def lines(self) -> list[Line]:
        """Return the lines as the page has them; relatives' names are masked."""
        months = statement(
            self.account, self.figures, self.months, self.account.pots, url=lambda _: "", called=masked_name
        )
        return [line for month in months for line in month.lines]

    def lines_by_pot(self) -> list[Line]:
        """Return the same lines for programs: pot by pot, each with the balance of its own pot."""
        opening = {pot: 0 for pot in self.account.pots}
        for one in self.sums:
            if self.months and Month.of(one.start) < self.months[0]:
                opening[one.pot] += one.fen
        lines = lines_of(self.account, self.entries, url=lambda _: "", apart=True, called=masked_name)
        return with_own_balances(lines, opening)

    def why(self, line: Line) -> Why:
        return why(self._transfers[line.id], line.settled)


def _balance_words(balance: Balance) -> str:
    return f"          {balance.day}  {balance.title} {signed(balance.fen, plus='')} 元"


def _as_json(asked: Asked) -> dict[str, object]:
    account = asked.account
    pots = {
        kind.value: yuan(abs(account.fen(kind) or 0)) if kind in account.pots or kind in _ALWAYS else None
        for kind in PERSONAL_POTS
    }
    document: dict[str, object] = {
        "psn_name": masked_name(account.person.name),
        "certno": masked_certno(account.person.certno),
        "region": account.region,
        "as_of": account.today.isoformat(),
        "pots": pots,
    }
    if asked.around:
        opening, closing = asked.around
        document |= {"opening": yuan(opening.fen), "closing": yuan(closing.fen)}
    lines = zip(asked.entries, asked.lines_by_pot(), strict=True)
    return document | {"entries": [_entry_as_json(entry, line, asked.why(line)) for entry, line in lines]}


def _entry_as_json(entry: Entry, line: Line, reason: Why) -> dict[str, object]:
    return {
        "id": entry.id,
        "on": line.day.isoformat(),
        "period": entry.transfer.period,
        "kind": entry.kind.value,
        "pot": entry.pot.value,
        "amount": yuan(entry.amount_fen),
        "balance": yuan(line.balance_fen or 0),
        "explanation": {"words": reason.words, "inputs": reason.inputs, "source": reason.source},
    }
