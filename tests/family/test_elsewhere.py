"""What sharing says on other pages, in the admin, and to whoever starts the site."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts import triggers
from accounts.codes import Role
from accounts.queries import page_hooks
from family import tasks
from family.models import Bond
from family.operations import accepting, invitations
from tests.factories.family import ACT, RUIAN, TODAY, bond, insured, invited
from tests.factories.users import official, signed_in

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def payer():
    return insured(carried=300_000, name="陈静", gender=2)


@pytest.fixture
def father():
    return insured(resident=True, name="陈伟", gender=1)


class TestOnOtherPages:
    def test_an_invitation_waits_on_the_invited_persons_page_until_it_expires(self, payer, father):
        number = invited(payer, father).invitation.number
        (waiting,) = page_hooks.pending_of(father, TODAY)
        assert waiting.text == "陈静邀请您加入家庭共济"
        assert waiting.by_on == TODAY + timedelta(days=7)
        assert number in waiting.url
        assert page_hooks.pending_of(payer, TODAY) == []
        assert page_hooks.pending_of(father, TODAY + timedelta(days=8)) == []

    def test_it_is_a_case_of_the_inviter_who_does_not_see_a_look(self, payer, father):
        number = invited(payer, father).invitation.number
        (before,) = page_hooks.progress_of(payer, TODAY)
        invitations.mark_seen(act=ACT, user=father, number=number)
        assert page_hooks.progress_of(payer, TODAY) == [before]
        assert before.stage == "等对方同意"
        accepting.accept(act=ACT, user=father, number=number)
        assert page_hooks.progress_of(payer, TODAY)[0].stage == "已同意"
        assert page_hooks.progress_of(father, TODAY) == []

    def test_relatives_are_named_the_right_way_round_and_strangers_not_at_all(self, payer, father):
        bond(payer, father)
        stranger = insured()
        ids = {payer.pk, father.pk, stranger.pk}
        assert page_hooks.names_of(payer, ids) == {father.pk: "陈伟（父亲）"}
        assert page_hooks.names_of(father, ids) == {payer.pk: "陈静（女儿）"}

    def test_who_shares_with_nobody_is_offered_to_begin(self, payer, father):
        assert page_hooks.main_act_of(payer, RUIAN, TODAY).text == "给家人开通共济"
        bond(payer, father)
        assert page_hooks.main_act_of(payer, RUIAN, TODAY).text == "邀请家人"

    def test_who_may_not_begin_is_told_why_and_what_then(self):
        said = page_hooks.main_act_of(insured(carried=179_500), RUIAN, TODAY).words
        assert "满 2,000.00 元才能开通" in said
        assert "还差 205.00 元" in said


class TestInTheAdmin:
    @pytest.fixture
    def browser(self) -> Client:
        return signed_in(official(Role.POLICY))

    def test_bonds_and_invitations_are_looked_at_and_never_changed(self, payer, father, browser):
        tie = accepting.accept(act=ACT, user=father, number=invited(payer, father).invitation.number)
        for path in ("bond/", f"bond/{tie.pk}/change/", "invitation/", f"invitation/{tie.invitation_id}/change/"):
            page = browser.get(f"/admin/family/{path}")
            assert page.status_code == 200
            text = page.content.decode()
            assert "陈*" in text
            assert "陈静" not in text
            assert father.certno not in text
        for path in ("bond/add/", f"bond/{tie.pk}/delete/", "invitation/add/"):
            assert browser.get(f"/admin/family/{path}").status_code == 403
        assert browser.post(f"/admin/family/bond/{tie.pk}/change/", {"limit_fen": 1}).status_code == 403
        assert Bond.objects.get(pk=tie.pk).limit_fen is None

    def test_before_an_answer_nobody_is_named_as_invited(self, payer, father, browser):
        invited(payer, father)
        text = browser.get("/admin/family/invitation/").content.decode()
        assert "还没有" in text
        assert f"（{father.pk}）" not in text


def test_the_history_and_the_draws_are_guarded_like_the_ledger():
    names = {name for _, name, _ in triggers.triggers()}
    assert {"family_event_no_rewrite", "family_event_no_truncate", "family_draw_no_rewrite"} <= names
    assert triggers.missing() == []


def test_the_task_does_what_is_due(payer, father):
    tie = bond(payer, father, until_on=TODAY)
    tasks.keep_up()
    assert Bond.objects.get(pk=tie.pk).end_reason == "period_over"
