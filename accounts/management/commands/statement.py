"""Print somebody's pots and entries, each with how it came about."""

import json
from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from accounts.codes import PERSONAL_POTS, PotKind, VoucherKind
from accounts.identity.actors import Act, Actor
from accounts.identity.audit import LOOKED_UP, record
from accounts.ledger.pots import regions_of
from accounts.models import Person
from accounts.queries.entries import Entry, balances_of, entries_of, transfers_of
from accounts.queries.explanations import why
from accounts.queries.people import find_by_certno
from yibao.lib import clock
from yibao.lib.fen import grouped, yuan
from yibao.lib.masking import masked_certno, masked_name

_ALWAYS = (PotKind.CARRIED, PotKind.RECEIVABLE)  # shown as 0.00 when empty; the others only where they exist


class Command(BaseCommand):
    help = "Print the pots and entries of a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("certno", help="证件号码")
        parser.add_argument("--region", help="统筹区 code; needed when the person has accounts in several")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: object, **options: object) -> None:
        person = find_by_certno(str(options["certno"]))
        if person is None:
            raise CommandError("名册里没有这个证件号码，请核对后再查")
        region = self._region(person, options["region"])
        act = Act(Actor.system("statement"), clock.now())
        record(act=act, verb=LOOKED_UP, subject=person, detail={"region": region})
        entries = entries_of(person, transfers_of(person, region))
        balances = balances_of(person, region)
        if options["json"]:
            self.stdout.write(
                json.dumps(_as_json(person, region, clock.today(), balances, entries), ensure_ascii=False)
            )
            return
        self.stdout.write(f"{masked_name(person.name)}　{masked_certno(person.certno)}　统筹区 {region}")
        for kind, fen in balances.items():
            self.stdout.write(f"  {kind.label}：{grouped(abs(fen))} 元")
        for entry in entries:
            sign = "+" if entry.amount_fen > 0 else "−"
            self.stdout.write(
                f"{entry.id:>8}  {entry.on}  {VoucherKind(entry.kind).label}（{entry.transfer.period}）  {entry.pot.label}"
                f"  {sign}{grouped(abs(entry.amount_fen))}  余 {grouped(entry.balance_fen)}"
            )
            self.stdout.write(f"          {why(entry.transfer).words}")
        if not entries:
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


def _as_json(
    person: Person, region: str, as_of: date, balances: dict[PotKind, int], entries: list[Entry]
) -> dict[str, object]:
    pots = {
        kind.value: yuan(abs(balances.get(kind, 0))) if kind in balances or kind in _ALWAYS else None
        for kind in PERSONAL_POTS
    }
    return {
        "psn_name": masked_name(person.name),
        "certno": masked_certno(person.certno),
        "region": region,
        "as_of": as_of.isoformat(),
        "pots": pots,
        "entries": [_entry_as_json(entry) for entry in entries],
    }


def _entry_as_json(entry: Entry) -> dict[str, object]:
    reason = why(entry.transfer)
    return {
        "id": entry.id,
        "on": entry.on.isoformat(),
        "period": entry.transfer.period,
        "kind": entry.kind.value,
        "pot": entry.pot.value,
        "amount": yuan(entry.amount_fen),
        "balance": yuan(entry.balance_fen),
        "explanation": {"words": reason.words, "inputs": reason.inputs, "source": reason.source},
    }
