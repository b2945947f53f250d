"""No page says to anybody what is false of them: what must not be said, and to whom, one row per fault once found.

A row is what a page says (without spaces) and when that is false: from the person's facts and what was matched. B1 to
B16 and C are the numbers of the review in which the faults were found.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from payments.demo.personas import HENAN, RUIAN
from tests.demo.pages import Facts, Page
from yibao.lib import clock
from yibao.lib.fen import grouped

LAST = clock.today().year - 1
MAY_NOT_INVITE = {"陈伟", "何苗", "钱峰"}  # less than 2,000.00 at the end of last year


class Never(NamedTuple):
    """What must not be said on pages (all, unless some are named) where `false` says so."""

    fault: str
    says: str
    false: Callable[[Facts, re.Match[str]], bool] = lambda facts, found: True
    on: tuple[str, ...] = ()


def may_not_invite(facts: Facts, found: re.Match[str]) -> bool:
    below = facts.member.region == RUIAN and facts.member.name in MAY_NOT_INVITE
    return not facts.has_account or facts.is_suspended or below


ROWS = [
    Never("C18 paid from the account where one pays first", "可以代缴", lambda f, _: f.member.region == HENAN),
    Never("C20 paid before the tax office has said so", "居民医保交好了", lambda f, _: not f.confirmed),
    Never("C21 given back after the benefits have begun", rf"{LAST + 1}年度.{{0,60}}申请退费", on=("premium_history",)),
    Never("B1 who used nothing", "用掉了|自己用了", lambda f, _: not f.has_used, ("account", "years")),
    Never("B1 less, and not less", rf"{LAST}年末[^。]*比上一年少.*{LAST}年没有变少"),
    Never("B1 more, and less", rf"{LAST}年末[^。]*比上一年多.*{LAST}年少了"),
    Never("B2 retired", "个人交的部分.{0,4}记入", lambda f, _: f.is_retired, ("account", "years", "entries")),
    Never("B2 nobody pays for them", "单位交的部分", lambda f, _: f.member.flex, ("account", "years")),
    Never("B2 credited, and unpaid", "今年的钱已.*还没有收到您的缴费", on=("account", "years")),
    Never("B2 by the month", "一次记入全年|一年只记一次", lambda f, _: not f.is_yearly, ("account", "years", "entries")),
    Never("B2 by the year", "收到缴费后按月记入", lambda f, _: f.is_yearly, ("account", "years", "entries")),
    Never(
        "B2 what came this year",
        r"今年的钱已[^。]*共([\d,.]+)元",
        lambda f, found: found[1] != grouped(f.credited_fen),
    ),
    Never("B3 nobody of that name", "一共¥", on=("family_usage?person=nobody",)),
    Never("B3 a month of no year", r"记入\+|使用−", on=("entries?month=11",)),
    Never("B4 one undo per act", "前可以撤回", lambda f, _: not f.undoable),
    Never("B5 no door that cannot open", "邀请一位家人|给家人开通共济", may_not_invite, ("account", "family")),
    Never("B5 nor one more", "(?<!管理、)邀请家人", may_not_invite, ("account",)),
    Never("B5 not theirs to give", "[\\d]可以给家人用", may_not_invite, ("account", "family")),
    Never("B5 nor beside the balance", "（可给家人用）", may_not_invite, ("account",)),
    Never("B6 they have a relative's money", "还没有家人让您用|家人同意以后，可以用家人的钱", lambda f, _: bool(f.payers)),
    Never("B6 it is seen first", r"^(?!.*还能用)", lambda f, _: bool(f.payers), ("account",)),
    Never("B6 nothing of their own", "先用(您)?自己的", lambda f, _: not f.has_account, (
        "account", "family_from_others", "family_payer", "messages", "family_answer", "family_result",
    )),
    Never("B6 nobody waits for their money", "还没有用过您的钱", lambda f, _: not f.has_account, ("family_usage",)),
    Never("B6 whose account nobody may know", "先用自己的(钱)?，不够", on=(
        "family_invite_check", "family_accept_on_device", "family_child_answer", "family_invitation_sheet",
    )),
    Never("B5 nothing to close", "点了“关闭家庭共济”以后才算数", lambda f, _: f.gives_nothing, ("family_close",)),
    Never("B11 no message that is not sent", "不发短信"),
    Never("B7 suspended", r"停用中[^。]{0,40}今年还能用¥[1-9]", lambda f, _: bool(f.suspended)),
    Never("B8 nothing is hidden", "隐藏金额"),
    Never("B9 the pool's money", "用(了)?您的(个人账户|历年结余)", lambda f, _: f.is_pool, ("messages",)),
    Never("B10 removed", "邀请([^邀]{2,4})用我的钱已同意", lambda f, found: found[1] in f.ended, ("cases",)),
    Never("B10 a nameless case", "邀请家人用我的钱", on=("cases",)),
    Never("B10 a label glued to a name", "对方已看到"),
    Never("B11 the same words", "同样的话|是一样的话"),
    Never("B12 a message is no site", "登录本网站"),
    Never("B13 blank is no answer", "不填就是不限"),
    Never("B14 abolished", "变成“没有规定”"),
    Never("B14 no year ends with nothing", "新年时当年账户会变成零", lambda f, _: not f.is_yearly, ("help_article",)),
    Never("C2 optional", "反馈内容（可不填）|其他金额（元）（可不填）"),
    Never("C4 a key of the database", r"第\d+号版本"),
    Never("C7 the month is not over", rf"{clock.today().month}月(?:(?!\d月).)*?月末", on=("entries",)),
    Never("C8 no hour of a relative's use", r"\d\d:\d\d家人用我的钱", on=("messages",)),
    Never("C9 staff's word", "没有录入，去之前"),
    Never("C13 not an order of words", "先让家人看病买药用自己的钱"),
]  # fmt: skip


def is_on(page: Page, names: tuple[str, ...]) -> bool:
    query = page.path.partition("?")[2]
    return not names or page.name in names or f"{page.name}?{query}" in names


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
def test_nobody_is_told_what_is_false_of_them(row: Never, demo_pages: list[Page]):
    told = [
        f"{page.facts.member.name} {page.path}: {found[0][:80]}"
        for page in demo_pages
        if is_on(page, row.on)
        for found in re.finditer(row.says, page.words, re.DOTALL)
        if row.false(page.facts, found)
    ]
    assert not told


def test_every_page_is_named_after_the_site(demo_pages: list[Page]):
    """B15: third-party views once put the host in the place of the site's name."""
    assert not [page.path for page in demo_pages if re.search("testserver|localhost|example", page.title)]


def test_the_pages_of_everybody_were_looked_at(demo_pages: list[Page]):
    names = {page.name for page in demo_pages}
    assert len(demo_pages) > 700
    assert {"account", "entry", "years", "family", "family_member", "family_payer", "messages", "help_article"} <= names
