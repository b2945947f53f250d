"""What notices of accounts say: of the sign-in, of answers, of what was done about somebody's account."""

from django.conf import settings

from accounts import wording
from accounts.codes import LifeEventKind, NoticeKind, PotKind, ProofKind
from accounts.models import Feedback, LifeEvent, Region
from accounts.wording import Told, Words
from yibao.lib.days import day_words
from yibao.lib.fen import grouped

LIFE, REGION = LifeEvent.objects.all(), Region.objects.all()


@wording.template("said", NoticeKind.CASE)
def said(told: Told) -> Words:
    """Say what was written in words."""
    return Words(told.facts["title"], told.facts["text"], told.facts["is_typed"])


@wording.template("new_device", NoticeKind.SECURITY)
def new_device(told: Told) -> Words:
    text = f"不是您本人？请在“设置和隐私”里退出其他设备，并打{settings.HELP_PHONE}。"
    return Words("在一台新的设备上登录了您的账户", text)


@wording.template("taken_back", NoticeKind.SECURITY)
def taken_back(told: Told) -> Words:
    """Facts: `stopped`, how many things the other sign-in had done; whoever stopped them tells of them."""
    count = told.facts["stopped"]
    said = f"它办的{count}件事另外通知您。" if count else "那个登录没有办过别的事。"
    text = f"别人用您的姓名和证件号码开通的登录已经停用。{said}请逐项看一看，不对的请打{settings.HELP_PHONE}。"
    return Words("您的账户已经收回", text)


@wording.template("feedback_answered", NoticeKind.CASE, feedback=Feedback.objects.all())
def answered(told: Told) -> Words:
    feedback = told.facts["feedback"]
    return Words(f"您反映的 {feedback.number} 有答复了", feedback.answer, is_typed=True)


@wording.template("account_frozen", NoticeKind.ACCOUNT, event=LIFE, region=REGION)
def frozen(told: Told) -> Words:
    event, name = told.facts["event"], told.facts["region"].name
    if event.kind == LifeEventKind.FREEZE:
        text = "账户里的钱暂时不能使用，也不能给家人用；每月的钱照常记入。"
        return Words(f"您在{name}的账户从{day_words(event.on)}起冻结", text)
    return Words(f"您在{name}的账户从{day_words(event.on)}起解除冻结", "和以前一样可以使用。")


@wording.template("debt_written_off", NoticeKind.ACCOUNT, event=LIFE)
def written_off(told: Told) -> Words:
    event = told.facts["event"]
    text = f"以前多划、没有收回的 {grouped(event.detail['owed_fen'])} 元不再追回（{_paper(event)}）。"
    return Words("一笔待追回的钱核销了", text, is_typed=True)


@wording.template("account_adjusted", NoticeKind.ACCOUNT, event=LIFE)
def adjusted(told: Told) -> Words:
    event = told.facts["event"]
    fen = event.detail["fen"]
    change = f"{PotKind(event.detail['pot']).label}{'增加' if fen > 0 else '减少'} {grouped(abs(fen))} 元"
    return Words("您的账户调整了一笔", f"{change}：{event.reason}（{_paper(event)}）。", is_typed=True)


@wording.template("account_paid_out", NoticeKind.ACCOUNT, event=LIFE, region=REGION)
def paid_out(told: Told) -> Words:
    event = told.facts["event"]
    title = f"您在{told.facts['region'].name}的账户{LifeEventKind(event.kind).label}了"
    text = f"{grouped(event.detail['out_fen'])} 元付至您{event.detail['payee']}的账户。"
    return Words(title, text, is_typed=True)


@wording.template("account_moved", NoticeKind.ACCOUNT, event=LIFE, region=REGION, to=REGION)
def moved(told: Told) -> Words:
    event, name, to_name = told.facts["event"], told.facts["region"].name, told.facts["to"].name
    yuan = f"{grouped(event.detail['out_fen'])} 元"
    if event.kind == LifeEventKind.INHERITANCE:
        return Words(f"继承的 {yuan}转入了您的账户", f"继承转入的余额，{yuan}。")
    return Words(f"您的个人账户余额转到了{to_name}", f"医保关系从{name}转来，余额转入，{yuan}。")


@wording.template("records_merged", NoticeKind.ACCOUNT)
def merged(told: Told) -> Words:
    text = "您以前有两份登记，现在合成一份；参保、缴费、余额和家庭共济都在这一份里。"
    return Words("您的两份登记合并了", text)


@wording.template("death_corrected", NoticeKind.ACCOUNT)
def alive(told: Told) -> Words:
    return Words("您的参保登记更正了", "以前的死亡登记有误，参保和账户已恢复。")


def _paper(event: LifeEvent) -> str:
    return f"{ProofKind(event.proof).label} {event.document}"
