"""Say how one amount came about: formula, numbers, rule with its document, and the run."""

from argparse import ArgumentParser

from accounts.codes import VoucherKind
from accounts.management.base import BaseCommand, CommandError
from accounts.models import Transfer
from accounts.policies import registry
from accounts.policies.formulas.origins import ASSUMED
from accounts.policies.sources import source_of
from accounts.queries.comparison import label_of, shown
from accounts.queries.explanations import why
from accounts.queries.settlements import settlement_of
from yibao.lib.days import day_words
from yibao.lib.fen import grouped, yuan


class Command(BaseCommand):
    help = "Explain an entry of the ledger by its number (as printed by statement)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("entry", type=int)

    def handle(self, *args: object, **options: object) -> None:
        transfer = (
            Transfer.objects.select_related("voucher", "voucher__run", "source", "target")
            .filter(pk=int(str(options["entry"])))
            .first()
        )
        if transfer is None:
            raise CommandError(f"没有编号为 {options['entry']} 的分录；编号在 statement 的第一列")
        voucher, reason = transfer.voucher, why(transfer, settlement_of(transfer))
        if options["json"]:
            document = {
                "id": transfer.pk,
                "on": voucher.occurred_on.isoformat(),
                "kind": voucher.kind,
                "period": voucher.period,
                "amount": yuan(transfer.amount_fen),
                "explanation": {"words": reason.words, "inputs": reason.inputs, "source": reason.source},
                "policy": reason.policy.pk if reason.policy else None,
                "run": voucher.run_id,
                "actor": voucher.actor,
            }
            self.answer(document)
            return
        self.stdout.write(
            f"{VoucherKind(voucher.kind).label}　{voucher.occurred_on}　{grouped(transfer.amount_fen)} 元"
        )
        self.stdout.write(f"  {reason.words}")
        for name, value in reason.inputs.items():
            self.stdout.write(f"  {label_of(name)}：{shown(value)}{ASSUMED if name in reason.assumed else ''}")
        for policy in reason.policies:
            rule = f"{registry.region_name(policy.region_id)}“{policy.get_kind_display()}”规则"
            self.stdout.write(f"  依据：{rule}，{day_words(policy.effective_from)}起：{source_of(policy)}")
        if voucher.run:
            self.stdout.write(f"  批次：{voucher.run}，{voucher.actor}")
