"""Claims of pay-then-refund: list them, refuse one, or write what is to be paid to bank cards on a day."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument, refuse_future_day
from accounts.management.regions import known_region
from accounts.management.staff import acts_by, add_by
from payments.premiums.codes import ClaimState
from payments.premiums.models import RefundClaim
from payments.premiums.operations import claiming
from yibao.lib import clock
from yibao.lib.csv_files import csv_bytes, write_private
from yibao.lib.fen import grouped, yuan
from yibao.lib.masking import masked_certno, masked_name
from yibao.lib.os_errors import in_words

PAYOUT_COLUMNS = ("claim_no", "payee_name", "bank_card", "amount", "insuplc_admdvs", "premium_year")


class Command(BaseCommand):
    help = "List claims (masked); --refuse one; --payouts FILE with whole card numbers for whoever pays them out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", help="only of people insured in this 统筹区, e.g. 410000")
        parser.add_argument("--state", choices=ClaimState.values, help="only in this state")
        parser.add_argument("--day", type=day_argument, metavar="YYYY-MM-DD", help="of --payouts")
        deeds = parser.add_mutually_exclusive_group()
        deeds.add_argument("--payouts", type=Path, metavar="FILE", help="write the claims paid on --day, for its owner")
        deeds.add_argument("--refuse", metavar="NO", help="refuse this claim; needs --by and --reason")
        deeds.add_argument("--returned", metavar="NO", help="the bank returned the money of this claim; as --refuse")
        parser.add_argument("--reason", default="", help="why it is refused, or was returned")
        add_by(parser)

    def handle(self, *args: object, **options: Any) -> None:
        if options["region"] is not None:
            known_region(options["region"])
        asked = {"region": options["region"], "state": options["state"]}
        claims = RefundClaim.objects.filter(**{name: value for name, value in asked.items() if value})
        claims = claims.select_related("payer", "person").order_by("pk")
        if no := options["refuse"] or options["returned"]:
            self._end(no, claiming.refuse if options["refuse"] else claiming.take_back, options)
        elif options["payouts"]:
            self._write_payouts(claims, options)
        elif options["json"]:
            self.answer({"claims": list(_rows(claims))})
        else:
            rows = list(_rows(claims))
            for row in rows:
                state = ClaimState(row["state"]).label
                self.stdout.write(f"{row['claim_no']} {row['payer']} 给 {row['psn_name']} {row['amount']} 元：{state}")
            self.stdout.write(f"共 {len(rows):,} 份")

    def _end(self, no: str, end: Callable[..., RefundClaim], options: dict[str, Any]) -> None:
        acts = acts_by(options["by"], most=1)
        if not (acts and options["reason"].strip()):
            raise CommandError("请用 --by 写明由谁办，用 --reason 写明为什么")
        found = RefundClaim.objects.filter(no=no).first()
        if found is None:
            raise CommandError(f"没有返还申请 {no}，请核对编号")
        try:
            end(act=acts[0], claim_id=found.pk, reason=options["reason"].strip())
        except AccountsError as error:
            raise CommandError(error.message) from None
        self.tell(f"返还申请 {no} 已退回，已通知申请人", claim_no=no)

    def _write_payouts(self, claims: Any, options: dict[str, Any]) -> None:
        if options["day"] is None:
            raise CommandError("请用 --day 写明是哪一天付的")
        refuse_future_day(options["day"])
        (act,) = acts_by(options["by"], most=1) or [Act(Actor.system("premium_claims"), clock.now())]
        paid = list(claims.filter(state=ClaimState.PAID, decided_at__date=options["day"]))
        try:
            write_private(options["payouts"], csv_bytes(PAYOUT_COLUMNS, _payouts(paid)))
        except OSError as error:
            raise CommandError(f"写不了 {options['payouts'].name}：{in_words(error)}，请换一个位置") from None
        detail = {"claims": [claim.pk for claim in paid], "day": options["day"].isoformat()}
        audit.record(act=act, verb="premium_claims.payouts", detail=detail)
        sum_fen = sum(claim.amount_fen for claim in paid)
        self.tell(
            f"{len(paid):,} 份，{grouped(sum_fen)} 元，已写入 {options['payouts']}。里面有银行卡号，用完请删除",
            claims=len(paid),
            sum=yuan(sum_fen),
            file=str(options["payouts"]),
        )


def _payouts(claims: Iterable[RefundClaim]) -> Iterator[tuple[str, ...]]:
    for claim in claims:
        amount, year = yuan(claim.amount_fen), str(claim.premium_year)
        yield claim.no, claim.payer.name, str(claim.bank_card), amount, claim.region, year


def _rows(claims: Any) -> Iterator[dict[str, Any]]:
    for claim in claims.iterator(chunk_size=1_000):
        yield {
            "claim_no": claim.no,
            "payer": masked_name(claim.payer.name),
            "psn_name": masked_name(claim.person.name),
            "certno": masked_certno(claim.person.certno),
            "insuplc_admdvs": claim.region,
            "premium_year": claim.premium_year,
            "receipt_no": claim.receipt_no,
            "amount": yuan(claim.amount_fen),
            "state": claim.state,
            "reason": claim.reason,
        }
