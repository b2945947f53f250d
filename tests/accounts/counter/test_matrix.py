"""Every address of a case, opened by every member of staff whom the case is no business of: nothing shown, nothing done."""

import copy
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.codes import CaseKind, Role
from accounts.forms.counter import form_of
from accounts.models import AuditEvent, Case, User
from accounts.operations.cases import access, deciding, desk, scans, undoing
from accounts.operations.cases.access import CaseError
from accounts.operations.cases.handlers import handler_of, kinds
from tests.accounts.counter.invented_kind import KIND
from tests.accounts.test_permissions_matrix import ADDRESSES
from tests.factories.pictures import jpeg
from tests.factories.users import official, signed_in

OF_A_CASE = sorted(
    name
    for name, pattern in ADDRESSES.items()
    if name.startswith(("counter_case", "counter_check")) and "number" in pattern.pattern.converters
)
METHODS = ("get", "post")
WRONG_WAY = (403, 404, 405, 422)  # no business of theirs, not found, not that way, refused by the operation
TYPED = {"note": "不办了", "until_on": "2099-01-05", "reason": "papers", "text": "请核实", "sheet": "form"}


@pytest.fixture
def case(counter) -> Case:
    """Return a case that an agent brought and that waits for a reviewer."""
    subject = counter.insured(name="欧阳不可见")
    case = counter.open(KIND, subject, other=counter.insured())
    case = desk.save(
        act=counter.act(), number=case.number, version=0, asked={"relation": "spouse"}, power_number="瑞证字1号"
    )
    return counter.submit(
        scans.save_seen(
            act=counter.act(),
            number=case.number,
            version=case.version,
            identities_checked=True,
            papers=[{"code": "card", "number": ""}],
            added={"card": [jpeg()]},
            removed=[],
        )
    ).case


def address(name: str, case: Case) -> str:
    """Return an address of the case, and where it is one of a picture, of the case's own."""
    parts = {"number": case.number}
    if "scan_id" in ADDRESSES[name].pattern.converters:
        parts["scan_id"] = case.scans.get().pk
    return reverse(name, kwargs=parts)


def as_stored(case: Case) -> dict[str, Any]:
    return Case.objects.filter(pk=case.pk).values().get()


def opened(user: User, case: Case, *, first: Callable[[], object] = lambda: None) -> Iterator[tuple[str, Any, bool]]:
    """Open every address in both ways as this member of staff, with whatever its form may ask for.

    Yields where, the answer, and whether the case stays as it was. What one address does is undone before the next.
    """
    typed = {**TYPED, "version": case.version, "digest": case.approval.digest if case.approval else ""}
    before, browser = as_stored(case), signed_in(user)
    cookies = copy.deepcopy(browser.cookies)
    for name, method in product(OF_A_CASE, METHODS):
        around = transaction.atomic()
        around._from_testcase = True  # what is durable in production is let in
        with around:
            browser.cookies = copy.deepcopy(cookies)
            first()
            answer = getattr(browser, method)(address(name, case), typed)
            yield f"{method} {name}", answer, as_stored(case) == before
            transaction.set_rollback(True)


def let_in(user: User, case: Case, refused: tuple[int, ...] = WRONG_WAY, **options: Any) -> list[str]:
    """Return the addresses that show or do something although this member of staff has no business with the case."""
    return [
        f"{where} gave {answer.status_code}"
        for where, answer, is_as_it_was in opened(user, case, **options)
        if answer.status_code not in refused or not is_as_it_was or case.subject.name in answer.content.decode()
    ]


def test_there_are_addresses_of_cases():
    assert {"counter_case", "counter_case_print", "counter_case_scan", "counter_check"} <= {*OF_A_CASE}


class TestNoBusinessOfTheirs:
    def test_the_clerk_of_the_case_is_let_in(self, counter, case):
        """Who has business with it sees it: the addresses are the right ones."""
        assert "get counter_case gave 200" in let_in(counter.clerk, case)

    @pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER])
    def test_another_region_finds_no_case(self, counter, case, role):
        assert not let_in(counter.official(role, "X1", 31), case)

    @pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER])
    def test_nobody_sees_or_does_anything_of_themselves(self, counter, case, role):
        assert not let_in(official(role, "myself", "T1", str(case.subject.certno)), case)

    @pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER])
    def test_nobody_sees_or_does_anything_of_their_family(self, counter, case, role, monkeypatch):
        user = counter.official(role, "T1", 33)
        myself = counter.insured(certno=user.certno)
        monkeypatch.setattr(access, "is_family", [lambda one, other: {one, other} == {myself, case.other}])
        assert not let_in(user, case)

    @pytest.mark.parametrize("role", [Role.POLICY, Role.APPROVER])
    def test_other_roles_do_not_come_in(self, counter, case, role):
        assert not let_in(counter.official(role, "T1", 34), case)

    def test_a_role_taken_away_ends_the_session(self, counter, case):
        user = counter.official(Role.CLERK, "T1", 35)

        def take_away() -> None:
            User.objects.filter(pk=user.pk).update(role=Role.POLICY)

        assert not let_in(user, case, refused=(302, 401, 405), first=take_away)


class TestTheOperationItselfRefuses:
    """The pages ask too; these are called past them."""

    @pytest.fixture
    def mine(self, counter) -> Case:
        """Return a case that the clerk is working on."""
        return counter.open(KIND, counter.insured(), other=counter.insured())

    def attempts(self, counter, case: Case, user: User) -> list[Any]:
        act, number, version = counter.act(user), case.number, case.version
        return [
            lambda: desk.open_case(act=act, kind=KIND, subject=case.subject, region=case.region),
            lambda: desk.save(act=act, number=number, version=version, identities_checked=True),
            lambda: scans.save_seen(act=act, number=number, version=version, added={"card": [jpeg()]}, removed=[]),
            lambda: scans.view(act=act, number=number, scan_id=0),
            lambda: desk.park(act=act, number=number, version=version),
            lambda: desk.resume(act=act, number=number),
            lambda: desk.drop(act=act, number=number, version=version, note="不办了"),
            lambda: deciding.submit(act=act, number=number, version=version, digest=""),
            lambda: undoing.undo(act=act, number=number, note="办错了"),
        ]

    def refuse_all(self, counter, case: Case, user: User) -> None:
        before = as_stored(case)
        for attempt in self.attempts(counter, case, user):
            with pytest.raises(CaseError):
                attempt()
        assert as_stored(case) == before
        assert not AuditEvent.objects.filter(actor__startswith=f"staff:{user.pk}@").exists()

    def test_for_another_region(self, counter, mine):
        self.refuse_all(counter, mine, counter.stranger)

    @pytest.mark.parametrize("role", [Role.POLICY, Role.APPROVER])
    def test_for_another_role(self, counter, mine, role):
        self.refuse_all(counter, mine, counter.official(role, "T1", 36))

    def test_for_somebody_whose_account_was_stopped(self, counter, mine):
        User.objects.filter(pk=counter.colleague.pk).update(is_active=False)
        self.refuse_all(counter, mine, counter.colleague)

    def test_for_an_account_without_an_office(self, counter, mine):
        User.objects.filter(pk=counter.colleague.pk).update(office="")
        self.refuse_all(counter, mine, counter.colleague)

    def test_for_oneself(self, counter, mine):
        self.refuse_all(counter, mine, official(Role.CLERK, "myself", "T1", str(mine.subject.certno)))

    def test_for_ones_own_family(self, counter, mine, monkeypatch):
        myself = counter.insured(certno=counter.colleague.certno)
        monkeypatch.setattr(access, "is_family", [lambda one, other: {one, other} == {myself, mine.subject}])
        self.refuse_all(counter, mine, counter.colleague)


@pytest.mark.parametrize("kind", CaseKind)
def test_every_kind_of_case_can_be_handled(kind):
    assert kind in kinds()
    handler = handler_of(kind)
    assert bool(handler.execute) != bool(handler.signed)
    form = form_of(kind)
    assert form is None or form.base_fields
