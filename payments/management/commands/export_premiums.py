"""Hand premium orders over to the tax office: `export_premiums --region 350500`; `--again BATCH` writes a file once more."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.regions import known_region
from accounts.management.staff import acts_by, add_by
from payments.premiums.tax_office import batches
from payments.premiums.tax_office.models import TaxBatch
from yibao.lib import clock
from yibao.lib.fen import grouped, yuan
from yibao.lib.os_errors import in_words


class Command(BaseCommand):
    help = "Make the hand-over batches of a region's premium orders and write their files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", required=True, help="统筹区 code, e.g. 350500")
        parser.add_argument("--again", metavar="BATCH", help="write the file of this batch once more, the same bytes")
        add_by(parser)

    def handle(self, *args: object, **options: Any) -> None:
        region = known_region(options["region"])
        (act,) = acts_by(options["by"], most=1) or [Act(Actor.system("export_premiums"), clock.now())]
        try:
            written = (
                [self._again(act, region, options["again"])]
                if options["again"]
                else list(batches.export(act=act, region=region))
            )
        except AccountsError as error:
            raise CommandError(error.message) from None
        except OSError as error:
            raise CommandError(f"写不了文件：{in_words(error)}。批次已经登记，处理好以后再运行一次就会补上") from None
        if options["json"]:
            self.answer({"batches": [_as_json(*one) for one in written]})
        else:
            self.stdout.write("\n".join(_in_words(*one) for one in written) or "没有要交税务的代缴单。")

    def _again(self, act: Act, region: str, no: str) -> tuple[TaxBatch, Path]:
        batch = batches.find(no, region=region)
        return batch, batches.write(act=act, batch=batch)


def _as_json(batch: TaxBatch, path: Path) -> dict[str, object]:
    return {
        "batch_no": batch.no,
        "file": str(path),
        "rows": batch.rows,
        "sum": yuan(batch.sum_fen),
        "refund_rows": batch.refund_rows,
        "refund_sum": yuan(batch.refund_fen),
        "digest": batch.digest,
    }


def _in_words(batch: TaxBatch, path: Path) -> str:
    refunds = f"，退费 {batch.refund_rows:,} 份 {grouped(batch.refund_fen)} 元" if batch.refund_rows else ""
    return f"批次 {batch.no}：{batch.rows:,} 份，{grouped(batch.sum_fen)} 元{refunds}，文件 {path}"
