"""The demo's books agree, in every region, with bills, orders and what relatives used."""

from datetime import timedelta

import pytest

from accounts.jobs.schedule import regions
from payments.reconciliation.report import report_of
from yibao.lib import clock


@pytest.mark.usefixtures("demo")
def test_every_region_reconciles_on_every_day_of_the_last_week():
    for region in regions():
        for ago in range(7):
            report = report_of(region, clock.today() - timedelta(days=ago))
            assert report.differences == [], f"{region}, {ago} days ago"
            assert report.institutions_fen == sum(one.owed_fen for one in report.institutions)
            assert report.premiums_fen == sum(one.owed_fen for one in report.owed_to)
