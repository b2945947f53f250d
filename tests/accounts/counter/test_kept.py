"""接着办 at the counter: what a locked screen kept of a case is read in its own words before it is saved."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Case, UnfinishedForm, User
from accounts.operations.cases import desk
from tests.accounts.counter.invented_kind import KIND
from tests.factories.users import signed_in
from yibao.lib import clock


@pytest.fixture
def clerk(counter) -> Client:
    return signed_in(counter.clerk)


@pytest.fixture
def case(counter) -> Case:
    return counter.open(KIND, counter.insured())


def kept(browser: Client, user: User, case: Case, body: str) -> str:
    path = reverse("counter_case", args=[case.number])
    UnfinishedForm.objects.create(user=user, path=path, body=body, expires_at=clock.now() + timedelta(hours=1))
    return browser.get(reverse("continue_form")).content.decode()


def rows(page: str) -> list[tuple[str, str]]:
    return re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "section=asked&version=0&relation=parent&limit=500",
            [("保存②家人和要求",), ("是授权人的", "5 父母"), ("每年最多用（元）", "500")],
        ),
        (
            "section=seen&version=0&everything=on&paper_card=on",
            [("保存③证件和材料",), ("人证一致，材料齐", "是"), ("双方身份证", "是")],
        ),
        (
            "section=who&version=0&by_agent=on&agent_name=%E5%BC%A0%E4%B8%89",
            [("保存①谁来办",), ("不是本人来，由别人代办", "是"), ("代办人姓名", "张三")],
        ),
    ],
)
def test_a_section_is_told_by_its_title_and_its_answers_as_read_on_screen(counter, clerk, case, body, said):
    (does, *answers) = rows(kept(clerk, counter.clerk, case, body))
    assert does == ("办什么", f"{case.get_kind_display()}（{case.number}）：{said[0][0]}")
    assert answers == said[1:]


def test_of_a_case_that_a_colleague_has_taken_over_nothing_is_told_or_saved(counter, clerk, case):
    desk.resume(act=counter.act(counter.colleague), number=case.number)
    page = kept(clerk, counter.clerk, case, "section=asked&version=0&relation=parent")
    assert "不能接着办" in page
    assert "parent" not in page


def test_a_section_that_the_case_does_not_have_is_not_told(counter, clerk, case):
    assert "不能接着办" in kept(clerk, counter.clerk, case, "section=state&version=0&state=done")
