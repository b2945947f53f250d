"""接着办 of the family's pages: what was filled in is read in the words of the page it was filled in on."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import UnfinishedForm, User
from tests.accounts.citizen_pages import browser_of
from tests.family.family_pages import chen, huang
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")


def kept(person, path: str, body: str) -> list[tuple[str, str]]:
    browser = browser_of(person)
    user = User.objects.get(person=person)
    UnfinishedForm.objects.create(user=user, path=path, body=body, expires_at=clock.now() + timedelta(hours=1))
    return re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", browser.get(reverse("continue_form")).content.decode())


@pytest.mark.parametrize(
    ("step", "body", "answers"),
    [
        ("relation", "relation=5&back=check", [("这位家人是您的", "")]),
        ("terms", "limit=none&until=&scopes=medical", [("每年最多用多少", "不限"), ("用来做什么", "看病买药")]),
    ],
)
def test_a_step_of_an_invitation(step, body, answers):
    (does, *rows) = kept(chen(), reverse(f"family_invite_{step}"), body)
    assert does[1].startswith("邀请家人：")
    assert [label for label, _ in rows] == [label for label, _ in answers]
    assert not set(dict(rows).values()) & {"3", "none", "medical"}, "codes are nobody's words"


def test_who_is_invited():
    rows = kept(chen(), reverse("family_invite_person"), "name=%E6%9E%97%E6%99%93&certno=1&no_phone=on&limit=500")
    assert ("姓名", "林晓") in rows
    assert ("对方没有手机", "是") in rows
    assert ("每年最多用多少", "500.00 元") in rows


def test_how_much_is_moved_into_the_pool():
    (does, pick, amount) = kept(huang(), reverse("family_transfer"), "pick=other&amount=120")
    assert does[1].startswith("转入共济账户")
    assert (pick[1], amount) == ("其他金额", ("其他金额（元）", "120"))


@pytest.mark.parametrize("page", ["premium", "premium_claim"])
def test_whom_is_paid_for_is_said_by_name_and_nobody_else_is(page):
    rows = kept(chen(), reverse(page), "people=1&person=1&receipt_no=T123")
    assert rows[0][0] == "办什么"
    assert {label for label, _ in rows} <= {"办什么", "税票号码"}, "an id of somebody that is not offered is left out"
