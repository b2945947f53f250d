"""Each day hands orders over once, looks into what is not answered, and keeps yesterday's report; doubled beats do nothing."""

import json
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from payments.models import DayReport, TaxBatch
from payments.premiums.codes import OrderState
from payments.premiums.jobs.campaigns import open_on
from payments.upkeep import keep_up
from tests.factories.acts import act_at
from tests.factories.family import balance_of, insured
from tests.factories.premiums import order
from tests.payments.tax_office.kit import answer, imported, results_file
from tests.payments.tax_office.orders import PAID_AT, REGION, debited, handed_over
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")

PAID_ON = PAID_AT.date()


def at(day: date, hour: int = 1) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.SHANGHAI)


def beat(moment: datetime):
    report = keep_up(act=act_at(moment))
    assert report.failed == []
    return report.done


class TestHandingOver:
    def test_orders_of_a_day_go_in_one_batch_the_next(self):
        debited(), debited(at=PAID_AT + timedelta(hours=9))
        assert beat(at(PAID_ON, 23))["交税务的批次"] == 0
        assert beat(at(PAID_ON + timedelta(days=1)))["交税务的批次"] == 1
        assert TaxBatch.objects.get().rows == 2

    def test_a_beat_that_comes_twice_hands_over_once(self):
        debited()
        moment = at(PAID_ON + timedelta(days=1))
        assert [beat(moment)["交税务的批次"] for _ in range(3)] == [1, 0, 0]

    def test_days_that_were_missed_are_made_up_for(self):
        debited()
        assert beat(at(PAID_ON + timedelta(days=20)))["交税务的批次"] == 1

    def test_a_batch_whose_file_was_broken_off_gets_it(self, folder):
        handed_over(1)
        beat(PAID_AT + timedelta(hours=1))
        assert [path.suffix for path in folder.iterdir()] == [".csv"]


class TestSilence:
    def test_it_is_looked_into_also_where_the_regions_rules_are_gone(self):
        who = insured(REGION)
        one = order(who, who, OrderState.HANDED_OVER, PAID_AT, region="990000")
        assert beat(PAID_AT + timedelta(days=60))["转为等待查清"] == 1
        one.refresh_from_db()
        assert one.state == OrderState.UNKNOWN

    def test_what_is_not_answered_in_the_regions_days_is_looked_into_and_no_money_moves(self):
        _, (order,) = handed_over(1)
        assert beat(order.handed_over_at + timedelta(days=7))["转为等待查清"] == 0
        assert beat(order.handed_over_at + timedelta(days=7, seconds=1))["转为等待查清"] == 1
        order.refresh_from_db()
        assert (order.state, balance_of(order.payer, REGION)) == (OrderState.UNKNOWN, 4600_00)
        assert beat(order.handed_over_at + timedelta(days=8))["转为等待查清"] == 0

    @pytest.mark.parametrize(("result", "state"), [("确认", OrderState.CONFIRMED), ("退回", OrderState.REJECTED)])
    def test_an_answer_that_comes_later_resolves_it(self, tmp_path, result, state):
        _, (order,) = handed_over(1)
        beat(order.handed_over_at + timedelta(days=8))
        order.refresh_from_db()
        imported("import_premium_results", results_file(tmp_path / "r.csv", [answer(order, result)]))
        order.refresh_from_db()
        assert order.state == state

    def test_an_answer_that_is_written_down_and_not_carried_out_is_no_silence(self, tmp_path, monkeypatch):
        _, (order,) = handed_over(1)
        with monkeypatch.context() as broken:
            broken.setattr("payments.premiums.tax_office.answers.apply_answers", lambda **_: None)
            imported("import_premium_results", results_file(tmp_path / "r.csv", [answer(order)]))
        done = beat(order.handed_over_at + timedelta(days=9))
        assert (done["办理的税务答复"], done["转为等待查清"]) == (1, 0)


class TestReports:
    def test_yesterday_is_reported_once_for_each_region_with_accounts(self):
        debited()
        today = PAID_ON + timedelta(days=1)
        assert beat(at(today))["日对账表"] == 1
        assert beat(at(today, 5))["日对账表"] == 0
        report = DayReport.objects.get()
        assert (report.region, report.day, report.differences) == (REGION, PAID_ON, 0)
        assert report.document["tax_office"]["owed"] == "400.00"

    def test_days_on_which_nothing_ran_are_made_up_for(self):
        debited()
        beat(at(PAID_ON + timedelta(days=1)))
        assert beat(at(PAID_ON + timedelta(days=4)))["日对账表"] == 3
        assert list(DayReport.objects.order_by("day").values_list("day", flat=True)) == [
            PAID_ON + timedelta(days=number) for number in range(4)
        ]

    def test_a_report_is_never_rewritten(self):
        debited()
        beat(at(PAID_ON + timedelta(days=1)))
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            DayReport.objects.update(differences=0)


class TestCampaigns:
    def test_they_are_open_from_the_first_to_the_last_day_of_the_rules_and_need_no_switch(self):
        (campaign,) = [one for one in open_on(date(2026, 11, 26)) if one.region == REGION]
        first, last = campaign.terms.opens_on, campaign.terms.last_on
        days = (first, last, last + timedelta(days=1))
        assert [REGION in {one.region for one in open_on(day)} for day in days] == [True, True, False]

    def test_the_command_names_them_and_does_what_is_due(self):
        debited()
        out = StringIO()
        call_command("payments_daily", "--on", "2026-11-21", "--json", stdout=out)
        said = json.loads(out.getvalue())
        assert REGION in {one["region"] for one in said["open"]}
        assert (said["done"]["交税务的批次"], said["failed"]) == (1, [])
