"""Do what each day brings to payments. Beat does the same; repeating is harmless."""

from argparse import ArgumentParser
from typing import Any

from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import act_on, add_on
from payments.premiums.jobs.campaigns import Campaign, open_on
from payments.upkeep import keep_up
from yibao.lib.days import day_words


class Command(BaseCommand):
    help = "Hand orders over, carry answers out, look into what is not answered, remind, report; list open campaigns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_on(parser)

    def handle(self, *args: object, **options: Any) -> None:
        act = act_on("payments_daily", options["on"])
        report, campaigns = keep_up(act=act), list(open_on(act.on))
        if options["json"]:
            document = {
                "on": act.on.isoformat(),
                "open": [_as_json(campaign) for campaign in campaigns],
                "done": dict(report.done),
                "failed": report.failed,
            }
            self.answer(document)
        else:
            for campaign in campaigns:
                last = day_words(campaign.terms.last_on)
                self.stdout.write(f"缴费期：{campaign.region} {campaign.terms.premium_year}年度，到{last}")
            for name, count in report.done.items():
                self.stdout.write(f"{name}：{count}")
        if report.failed:
            raise CommandError("没有办成，原因见日志：" + "；".join(report.failed[:5]))


def _as_json(campaign: Campaign) -> dict[str, object]:
    return {
        "region": campaign.region,
        "premium_year": campaign.terms.premium_year,
        "opens_on": campaign.terms.opens_on.isoformat(),
        "last_on": campaign.terms.last_on.isoformat(),
        "model": campaign.terms.model,
    }
