"""What notices of accounts say: of the sign-in, of answers, of what was done about somebody's account."""

from datetime import date

from django.conf import settings

from accounts import wording
from accounts.codes import EnrolmentStatus, LifeEventKind, NoticeKind, PotKind, ProofKind, VoucherKind
from accounts.models import Feedback, LifeEvent, Objection, PersonCorrection, Region, Voucher
from accounts.wording import Told, Words
from yibao.lib.days import day_words, month_words, short_day_words
from yibao.lib.fen import grouped
from yibao.lib.months import Month
from yibao.lib.periods import Period

LIFE, REGION, VOUCHERS = LifeEvent.objects.all(), Region.objects.all(), Voucher.objects.select_related("reverses")


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


@wording.template("phone_changed", NoticeKind.SECURITY)
def phone_changed(told: Told) -> Words:
    text = f"窗口核对身份证件后改的，原来的号码收到了短信。不是您来办的，请马上打{settings.HELP_PHONE}。"
    return Words("您的登录手机号改了", text)


@wording.template("feedback_answered", NoticeKind.CASE, feedback=Feedback.objects.all())
def answered(told: Told) -> Words:
    feedback = told.facts["feedback"]
    return Words(f"您反映的 {feedback.number} 有答复了", feedback.answer, is_typed=True)


@wording.template("objection_answered", NoticeKind.CASE, objection=Objection.objects.all())
def objection_answered(told: Told) -> Words:
    objection = told.facts["objection"]
    return Words(f"您反映的 {objection.number} 有答复了", objection.answer, is_typed=True)


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


@wording.template("credited", NoticeKind.CREDIT, voucher=VOUCHERS)
def credited(told: Told) -> Words:
    """Facts of this and the following: `voucher`, and `fen`, what it moved of this person's."""
    voucher = told.facts["voucher"]
    what = _CREDITED.get(voucher.kind, VoucherKind(voucher.kind).label)
    return Words(f"您的个人账户记入 {told.yuan('fen')}", f"{_period(voucher)}{what}。")


@wording.template("credit_taken_back", NoticeKind.ACCOUNT, voucher=VOUCHERS)
def credit_taken_back(told: Told) -> Words:
    text = f"{_period(told.facts['voucher'])}多记的钱从您的个人账户收回了。为什么，点账户明细里的这一笔看。"
    return Words(f"收回多记的 {told.yuan('fen')}", text)


@wording.template("credit_owed", NoticeKind.ACCOUNT, voucher=VOUCHERS)
def credit_owed(told: Told) -> Words:
    text = f"{_period(told.facts['voucher'])}多记的钱已经用掉了，以后记入的钱先还它。"
    return Words(f"{told.yuan('fen')}记为待追回", text)


@wording.template("used_oneself", NoticeKind.USE, voucher=VOUCHERS)
def used_oneself(told: Told) -> Words:
    """The kind of place, not its name: others look at the phone too."""
    voucher = told.facts["voucher"]
    where = f"在{voucher.place_kind}" if voucher.place_kind else ""
    text = f"{short_day_words(voucher.occurred_on)}{where}用的。不是您本人用的？请马上打{settings.HELP_PHONE}。"
    return Words(f"您用了个人账户 {told.yuan('fen')}", text)


@wording.template("given_back", NoticeKind.USE, voucher=VOUCHERS)
def given_back(told: Told) -> Words:
    used = told.facts["voucher"].reverses
    return Words(f"退回您的个人账户 {told.yuan('fen')}", f"{short_day_words(used.occurred_on)}用的一笔退回了。")


@wording.template("base_changed", NoticeKind.CHANGE)
def base_changed(told: Told) -> Words:
    """Facts: `month` (its first day) from which it holds, `was_fen` and `fen`, the base of a month."""
    month = month_words(Month.of(date.fromisoformat(told.facts["month"])))
    return Words("您的缴费基数变了", f"{month}起从 {told.yuan('was_fen')}变成 {told.yuan('fen')}，记入的钱跟着变。")


@wording.template("status_changed", NoticeKind.CHANGE)
def status_changed(told: Told) -> Words:
    """Facts: the row of the roster: from which day (`on`), `status`, and whether as a retiree (`retired`)."""
    status = EnrolmentStatus(told.facts["status"])
    what = "按退休人员参保" if told.facts["retired"] and status == EnrolmentStatus.NORMAL else _STATES[status]
    return Words("您的参保状态变了", f"{told.day('on')}起{what}。不对的请打{settings.HELP_PHONE}。")


@wording.template("records_merged", NoticeKind.ACCOUNT)
def merged(told: Told) -> Words:
    text = "您以前有两份登记，现在合成一份；参保、缴费、余额和家庭共济都在这一份里。"
    return Words("您的两份登记合并了", text)


@wording.template("person_corrected", NoticeKind.ACCOUNT, correction=PersonCorrection.objects.all())
def corrected(told: Told) -> Words:
    """What was corrected, and neither what it was nor what it is: others look at the phone too."""
    one = told.facts["correction"]
    what = [
        *(["姓名"] if one.name != one.name_before else []),
        *(["性别"] if one.gender != one.gender_before else []),
        *(["证件号码"] if one.former_id else []),
    ]
    text = f"窗口核对证件、两个人经手。账户和家庭共济不变。不是您来办的，请马上打{settings.HELP_PHONE}。"
    return Words(f"您登记的{'、'.join(what)}更正了", text)


@wording.template("death_corrected", NoticeKind.ACCOUNT)
def alive(told: Told) -> Words:
    return Words("您的参保登记更正了", "以前的死亡登记有误，参保和账户已恢复。")


_STATES = {
    EnrolmentStatus.NORMAL: "正常参保",
    EnrolmentStatus.SUSPENDED: "停保，停保期间没有新的钱记入",
    EnrolmentStatus.ENDED: "终止参保，不再有新的钱记入",
}
_CREDITED = {
    VoucherKind.ACCRUAL: "的钱",
    VoucherKind.PRECREDIT: "的钱提前记入（预划）",
    VoucherKind.ADJUSTMENT: "补记的钱",
    VoucherKind.INTEREST: "的利息",
}


def _period(voucher: Voucher) -> str:
    period = Period.parse(voucher.period)
    return f"{period.year}年度" if period.is_year else month_words(period.month)


def _paper(event: LifeEvent) -> str:
    return f"{ProofKind(event.proof).label} {event.document}"
