"""Whatever somebody's history: the command, the page, paper and the file say the same, line by line."""

import csv
import html
import io
import json
import re
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.ledger.errors import InsufficientFundsError
from accounts.models import Pot
from tests.accounts.citizen_pages import browser_of
from tests.concurrency import ROUNDS
from tests.personas import changed, insured, paid_for, pays, reverse, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

ENTRIES = "/account/entries/"

days = st.integers(0, 330)
uses = st.tuples(st.just("use"), days, st.integers(1, 90_000))
refunds = st.tuples(st.just("refund"), days, st.integers(0, 5))
histories = st.fixed_dictionaries(
    {
        "first": st.lists(uses | refunds, max_size=4),
        "second": st.lists(uses | refunds, max_size=4),
        "left": st.none() | st.dates(date(2026, 2, 1), date(2026, 10, 1)),
        "learned_late": st.booleans(),
    }
)


def lived(history):
    """Return somebody of 舟山 with two benefit years: used, given back, left (perhaps known late), taken back."""
    person = insured()
    pays(person, "5000.00", since=date(2025, 1, 1), until=date(2026, 1, 1))
    run("accrual", "2025", on=date(2025, 1, 1))
    _do(person, history["first"], date(2025, 1, 2))
    if history["learned_late"]:
        run("close_year", "2025", on=date(2026, 1, 5))
        changed(person, date(2025, 11, 1), status=4)
        run("trueup", "2025", on=date(2026, 1, 20))
        changed(person, date(2026, 1, 1))
        run("accrual", "2026", on=date(2026, 1, 21))
    else:
        paid_for(person, date(2026, 1, 1), "6000.00")
        run("close_year", "2025", on=date(2026, 1, 10))
    _do(person, history["second"], date(2026, 1, 22))
    if history["left"]:
        changed(person, history["left"], status=4)
        run("trueup", "2026", on=date(2026, 11, 1))
        changed(person, date(2026, 11, 2))
        run("accrual", "2026", on=date(2026, 11, 2))
    return person


def _do(person, acts, start: date) -> None:
    bills = []
    for number, (what, day, size) in enumerate(sorted(acts, key=lambda act: act[1])):
        on, key = start + timedelta(days=day * 280 // 330), f"{person.pk} {start} {number}"
        if what == "use":
            try:
                bills.append(spend(person, size, on=on, key=key))
            except InsufficientFundsError:
                continue
        elif bills:
            reverse(bills.pop(size % len(bills)), on=on, key=key)


def of_command(person, *arguments: str) -> list[tuple[str, ...]]:
    """Return (id, day, what, account, sort, amount, balance) of the command's lines."""
    out = io.StringIO()
    call_command("statement", str(person.certno), "--region", "330900", *arguments, stdout=out)
    line = re.compile(r" *\d+  (\S+)  (.*)（(当年账户 → 历年结余|[^（）]*)）  (\S+) (\S+)  两个账户一共 (\S+)")
    return [match.groups() for text in out.getvalue().splitlines() if (match := line.fullmatch(text))]


def of_file(person, query: str = "") -> list[list[str]]:
    text = browser_of(person).get(f"{ENTRIES}file/{query}").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def of_tables(person, path: str) -> list[tuple[str, ...]]:
    """Return the cells of every row of the tables on a page, without space."""
    text = browser_of(person).get(path).content.decode()
    rows = re.findall(r"<tr.*?>(.*?)</tr>", "".join(re.findall(r"<table.*?</table>", text, re.DOTALL)), re.DOTALL)
    return [tuple(_cell(cell) for cell in re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row, re.DOTALL)) for row in rows]


def _cell(markup: str) -> str:
    spoken = re.sub(r'<span class="vh">.*?</span>', "", markup, flags=re.DOTALL)
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", spoken)))


def figure(text: str) -> str:
    return text.replace(",", "").replace("\u2212", "-").replace("+", "")


def day_of(text: str) -> tuple[int, int]:
    month, day = re.match(r"(\d+)月(\d+)日", text).groups()
    return int(month), int(day)


def told(row: list[str]) -> tuple:
    """Return a line of the file as pages show it: day, what and account in one, amount, balance."""
    day, text, pot, _, amount, balance = row
    return (date.fromisoformat(day).month, date.fromisoformat(day).day), _joined(text, pot), amount, balance


def _joined(text: str, pot: str) -> str:
    title, _, settled = text.partition("。")
    return re.sub(r"\s+", "", title + pot + settled)


def of_table(row: tuple[str, ...]) -> tuple:
    day, text, pot, amount, balance = row
    settled = re.search(r"(要收回|[\d,.]+元划入).*", text)
    title = text[: settled.start()] if settled else text
    return day_of(day), title + pot + (settled[0] if settled else ""), figure(amount), figure(balance)


@settings(max_examples=6 * ROUNDS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_the_four_say_the_same_line_by_line(history):
    person = lived(history)
    for year in ("2025", "2026"):
        rows = of_file(person, f"?year={year}")
        lines = [row for row in rows if row[2]]
        command = of_command(person, "--year", year)
        assert [tuple(row) for row in lines] == [
            (day, text, pot, sort, figure(amount), figure(balance)) for day, text, pot, sort, amount, balance in command
        ]
        sheet = of_tables(person, f"{ENTRIES}print/?year={year}")
        page = of_tables(person, f"{ENTRIES}?year={year}")
        expected = [told(row) for row in lines]
        for shown in (sheet, page):
            assert [of_table(row) for row in shown if len(row) == 5 and row[0] != "日期"] == expected
        ends = [row for row in rows if row[1] in ("期初余额", "期末余额")]
        assert ends == ([rows[0], rows[-1]])
        for shown in (sheet, page):
            found = [(row[1], figure(row[-1])) for row in shown if row[1:2] in (("期初余额",), ("期末余额",))]
            assert not lines or found == [(row[1], row[5]) for row in ends]
    assert of_file(person, "?year=2025")[-1][5] == of_file(person, "?year=2026")[0][5]


@settings(max_examples=4 * ROUNDS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_programs_get_the_same_lines_pot_by_pot(history):
    person = lived(history)
    out = io.StringIO()
    call_command("statement", str(person.certno), "--region", "330900", "--json", stdout=out)
    entries = json.loads(out.getvalue())["entries"]
    assert [entry["on"] for entry in entries] == sorted(entry["on"] for entry in entries)
    days = dict.fromkeys((entry["id"], entry["on"]) for entry in entries)
    assert [day for _, day in days] == [row[0] for row in of_file(person) if row[2]]
    last = {entry["pot"]: entry["balance"] for entry in entries}
    assert last == {
        pot.kind: f"{pot.balance_fen / 100:.2f}" for pot in Pot.objects.filter(person=person) if pot.kind in last
    }
    for pot in last:
        balance = 0
        for entry in (entry for entry in entries if entry["pot"] == pot):
            balance += round(float(entry["amount"]) * 100)
            assert round(float(entry["balance"]) * 100) == balance
