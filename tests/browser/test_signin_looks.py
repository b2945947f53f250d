"""The steps and refusals of signing in that no address opens by itself: every size, axe, and a quiet console."""

from django.contrib.sessions.models import Session

from accounts.models import User
from tests.browser.looking import FEW_LOOKS
from tests.browser.sweep import sweep
from tests.browser.test_journeys import code_of
from tests.factories.people import PersonFactory
from tests.factories.users import PASSWORD, citizen
from yibao.lib import clock


def sent(page, button: str) -> list[str]:
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()
    return sweep(page, FEW_LOOKS)


def test_the_steps_of_a_first_sign_in_look_right_also_when_refused(page, visit, console, settings):
    settings.SMS_PER_NUMBER = "1/14m"  # all this takes more than a minute on a busy machine
    problems = {}
    visit(page, "/login/")
    page.fill("[name=phone]", "123")
    problems["a wrong number"] = sent(page, "获取验证码")
    page.fill("[name=phone]", "19900777001")
    problems["the code"] = sent(page, "获取验证码")
    code = code_of(page, visit)
    page.fill("[name=code]", f"{(int(code) + 1) % 1_000_000:06d}")
    problems["a wrong code"] = sent(page, "登录")
    page.get_by_role("button", name="再发一次").click()
    page.locator("#resend", has_text="以后可以再要一次").wait_for()
    problems["too often"] = sweep(page, FEW_LOOKS)
    page.fill("[name=code]", code)
    problems["which way"] = sent(page, "登录")
    problems["no way chosen"] = sent(page, "继续")
    page.check("text=用姓名和证件号码")
    problems["the record"] = sent(page, "继续")
    problems["an empty record"] = sent(page, "确认")
    page.fill("[name=name]", "查无此人")
    page.fill("[name=certno]", "999902199001010012")
    page.select_option("[name=region]", index=1)
    problems["a bad or unknown number"] = sent(page, "确认")
    visit(page, "/identity/code/")
    page.fill("[name=code]", "ABCDEFGH")
    problems["no match"] = sent(page, "确认")
    assert not {step: found for step, found in problems.items() if found}
    assert not [line for line in console if "422" not in line and "Failed to load resource" not in line]


def test_the_set_up_of_the_second_factor_looks_right(page, visit, console):
    User.objects.filter(username="newcomer").delete()
    User.objects.create_user("newcomer", PASSWORD, role="clerk", office="R01")
    visit(page, "/login/staff/")
    page.fill("[name=login]", "newcomer")
    page.fill("[name=password]", PASSWORD)
    problems = sent(page, "继续")
    assert page.locator("svg.qr path").bounding_box()["width"] > 80
    assert not problems + sent(page, "完成设置")
    assert not [line for line in console if "422" not in line and "Failed to load resource" not in line]


def test_a_session_that_ended_and_the_form_it_kept_look_right(page, visit, sign_in):
    user = User.objects.by_phone("19900777002").first() or citizen("19900777002", PersonFactory())
    sign_in(page, user.username)
    visit(page, "/settings/")
    Session.objects.filter(session_key__in=[one["value"] for one in page.context.cookies()]).update(
        expire_date=clock.now()
    )
    page.get_by_role("button", name="保存短信提醒").click()
    page.wait_for_load_state()
    assert "您刚才填的已经存好" in page.inner_text("main")
    problems = {"ended": sweep(page, FEW_LOOKS)}
    page.get_by_role("link", name="重新登录").click()
    page.fill("[name=phone]", "19900777002")
    page.click("text=获取验证码")
    page.fill("[name=code]", code_of(page, visit))
    page.get_by_role("button", name="登录", exact=True).click()
    page.locator("h1", has_text="您刚才填的还在").wait_for()
    problems["kept"] = sweep(page, FEW_LOOKS)
    page.get_by_role("button", name="接着办").click()
    page.locator("text=短信提醒已改好").wait_for()
    problems["settings"] = sweep(page, FEW_LOOKS)
    assert not {step: found for step, found in problems.items() if found}
