"""还不能办 (C09a): every code has its page, with the reason, what was found, what to do, whom to call and a way on."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from accounts.ledger.errors import InsufficientFundsError, KeyReusedError
from family.rules import MismatchError, Reason, ReasonCode
from family.views.citizen.refusals import ONWARD, answering, refused
from tests.accounts.citizen_pages import browser_of, words
from tests.factories.family import RUIAN, TODAY, insured, invited
from tests.factories.users import citizen
from tests.family.family_pages import chen
from tests.personas import changed


def test_every_code_leads_somewhere():
    assert set(ONWARD) == set(ReasonCode)


@pytest.mark.parametrize("code", ReasonCode)
def test_the_page_of(code, policies_loaded):
    request = RequestFactory().get("/family/invite/relation/")
    request.user = citizen("19900700001", insured())
    request.htmx = False
    response = refused(request, [Reason(code, "这样不行", "查到的是这样", "可以这样做", 162_000, 200_000)])
    said = words(response)
    assert response.status_code == 422
    assert "这样不行我们查到的情况查到的是这样还差¥380.00您可以做什么可以这样做打给谁65895523" in said
    assert "这一步没有办，没有用到钱。" in said
    text, _ = ONWARD[code]
    assert text in said


@pytest.mark.parametrize("code", ReasonCode)
def test_the_way_on_from(code, policies_loaded):
    browser = browser_of(insured(carried=300_000))
    assert browser.get(reverse(ONWARD[code][1]), follow=True).status_code == 200


@pytest.mark.parametrize("error", [KeyReusedError(), InsufficientFundsError("历年余额不足"), MismatchError()], ids=repr)
def test_what_a_page_does_not_expect_is_answered_with_its_words(error, policies_loaded):
    @answering
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    request = RequestFactory().post("/family/transfer/check/")
    request.user = citizen("19900700001", insured())
    response = view(request)
    assert response.status_code == 409
    assert error.message in words(response)


def test_a_button_of_a_card_gets_its_refusal_inside_the_card(policies_loaded, today):
    payer, relative = chen(), insured(resident=True)
    number = invited(payer, relative).invitation.number
    changed(payer, TODAY, region=RUIAN, status=2)
    part = browser_of(payer).post(f"/family/invitations/{number}/resend/", headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert part["HX-Reswap"] == "beforeend"
    text = part.content.decode()
    assert not text.lstrip().startswith("<!doctype")
    assert "停保期间不能给家人用" in text
    whole = browser_of(payer).post(f"/family/invitations/{number}/resend/")
    assert "停保期间不能给家人用" in words(whole)
    assert "打给谁65895523" in words(whole)
