"""No message undoes what it tells of, and nothing that somebody typed goes out under the bureau's signature."""

import pytest

from accounts import wording
from accounts.codes import NoticeKind
from accounts.operations import notices
from accounts.wording import Words
from family.operations import accepting, bonds, invitations, undoing
from payments.bills.operations import pay
from tests.accounts.citizen_pages import browser_of
from tests.factories.acts import act_at
from tests.factories.family import ACT, NOW, RUIAN, TODAY, insured, invited
from tests.factories.notices import texted, told
from tests.factories.users import official, signed_in
from tests.personas import clinic
from yibao.lib.links import has_link
from yibao.lib.values.names import MAX_LENGTH, read_name

pytestmark = pytest.mark.usefixtures("city")

NAMES = [
    "J.Me Lee",
    "www.a.cn",
    "Anna.Maria O'Neil-Smith",
    "努" * MAX_LENGTH,
    "古丽·" + "a" * (MAX_LENGTH - 3),
    "evil.xyz",
]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_roster_calls_somebody_they_pay_invite_and_change_like_anybody(name):
    assert read_name(name) == name
    payer = insured(carried=3000_00, name=name, phone="19900000001")
    user = insured(name=name, phone="19900000002")
    browser_of(payer), browser_of(user)
    number = str(invited(payer, user, phone="19900000002").invitation.number)
    bond = accepting.accept(act=ACT, user=user, number=number)
    bonds.set_limit(act=ACT, payer=payer, bond_id=bond.pk, limit_fen=400_00)
    event = bonds.suspend(act=ACT, payer=payer, bond_id=bond.pk)
    undoing.undo(act=ACT, person=payer, event_id=event.pk)
    bill = pay(
        act=ACT, institution=clinic(RUIAN), person=user, region=RUIAN, amount_fen=10_00, on=TODAY, bill_no="一张单子"
    )
    assert bill.account_fen == 10_00
    bonds.remove(act=ACT, payer=payer, bond_id=bond.pk)
    texts = [text for _, text in texted(NOW)]
    texts += [part for words in told() for part in (words.title, words.text)]
    assert len(texts) > 10
    assert not [text for text in texts if has_link(text)]


def test_a_notice_of_any_length_is_cut_and_stands():
    @wording.template("test_long", NoticeKind.CASE)
    def long(told) -> Words:
        return Words("钱" * 500, "钱" * 5000)

    notices.tell(act=ACT, person=insured(), template=long, facts={})
    (words,) = told()
    assert (len(words.title), len(words.text), words.text[-1]) == (60, 400, "…")


PHISHING = ["加微信 yibao888 领补贴", "请到 evil.xyz/pay 付款", "yibao-gov。cn", "点\u202enc.live", "打19900001234"]


@pytest.mark.parametrize("words", PHISHING)
def test_words_of_a_refusal_never_go_out_as_a_text_message(words):
    payer, user = insured(carried=3000_00, phone="19900000001"), insured(phone="19900000002")
    browser_of(payer)
    number = str(invited(payer, user).invitation.number)
    invitations.decline(act=ACT, user=user, number=number, answer=words)
    message = texted(NOW)[-1][1]
    assert "您的邀请对方没有同意" in message
    assert "请登录医保个人账户网站看" in message
    assert not [piece for piece in words.split() if piece in message]


@pytest.mark.parametrize("words", PHISHING)
def test_nor_do_words_that_staff_have_typed(words):
    person = insured(phone="19900000001")
    browser_of(person)
    feedback = notices.give_feedback(act=ACT, person=person, text="问", address="10.0.0.1")
    if has_link(words):
        with pytest.raises(notices.LinkInAnswerError):
            notices.answer_feedback(act=ACT, feedback_id=feedback.pk, answer=words)
    else:
        notices.answer_feedback(act=ACT, feedback_id=feedback.pk, answer=words)
    assert not [text for _, text in texted(NOW) if words in text]


@pytest.mark.parametrize("words", ["请到 evil.xyz/pay 付款", "yibao-gov。cn", "ｗｗｗ．ａ．ｃｎ", "e\u200bvil.xyz"])
def test_an_answer_with_a_link_is_refused_on_the_form_and_nothing_is_lost(words):
    feedback = notices.give_feedback(act=act_at(NOW), person=insured(), text="问", address="10.0.0.1")
    page = signed_in(official("policy")).post(f"/admin/accounts/feedback/{feedback.pk}/change/", {"answer": words})
    assert page.status_code == 200
    assert "不能有链接" in page.content.decode()


def test_answering_feedback_that_a_colleague_has_just_answered_says_so():
    feedback = notices.give_feedback(act=ACT, person=insured(), text="问", address="10.0.0.1")
    notices.answer_feedback(act=ACT, feedback_id=feedback.pk, answer="答")
    path = f"/admin/accounts/feedback/{feedback.pk}/change/"
    page = signed_in(official("policy")).post(path, {"answer": "我也答"}, follow=True)
    assert page.status_code == 200
    assert "这一条已经答复过了" in page.content.decode()
