"""Families living at random against a model of a few lines: every balance, limit and use agrees after every step."""

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.ledger.errors import InsufficientFundsError
from accounts.ledger.verify import findings
from accounts.models import Pot
from family.operations import bonds, pool, undoing
from family.operations.ending import remove
from family.queries.bonds import bonds_received, cards
from family.rules import RefusedError
from payments.bills import operations
from payments.models import Bill, Institution
from tests.concurrency import ROUNDS
from tests.factories.family import ACT, QUANZHOU, RUIAN, TODAY, ZHOUSHAN, bond, insured

RESERVE = 200_000
fen = st.integers(1, 60_000)
bills = st.lists(st.integers(2_000, 20_000), min_size=1, max_size=3)
limits = st.one_of(st.none(), st.integers(1, 10_000))


@dataclass
class Tie:
    """What the model knows of a bond."""

    payer: str
    limit: int | None = None
    used: int = 0
    state: str = "active"

    def available(self, balances: dict[str, int]) -> int:
        if self.state != "active":
            return 0
        return balances[self.payer] if self.limit is None else min(balances[self.payer], max(self.limit - self.used, 0))


@dataclass
class Paid:
    """A bill: what is still paid of it, by whom and in cash."""

    bill: Bill
    takes: list[tuple[str, int, Tie | None]]
    cash: int

    @property
    def left(self) -> int:
        return self.cash + sum(part for _, part, _ in self.takes)


# The last payer first; who is insured elsewhere before whoever is where the user is.
LAST_FIRST = ("second", "first", "pool", "own")


@dataclass
class Model:
    balances: dict[str, int] = field(default_factory=dict)
    order: list[Tie] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)

    def pay(self, amount: int, own: list[str], ties: list[Tie]) -> list[tuple[str, int, Tie | None]]:
        takes: list[tuple[str, int, Tie | None]] = []
        for pot, tie in [*((pot, None) for pot in own), *((tie.payer, tie) for tie in ties)]:
            part = min(amount, self.balances[pot] if tie is None else tie.available(self.balances))
            if part:
                self.balances[pot] -= part
                amount -= part
                takes.append((pot, part, tie))
                if tie:
                    tie.used += part
        return takes

    def give_back(self, paid: Paid, amount: int) -> None:
        cash = min(amount, paid.cash)
        paid.cash -= cash
        amount -= cash
        left = []
        for pot, part, tie in sorted(paid.takes, key=lambda take: LAST_FIRST.index(take[0])):
            back = min(amount, part)
            amount -= back
            self.balances[pot] += back
            if tie:
                tie.used -= back
            left.append((pot, part - back, tie))
        paid.takes = left


class Families(RuleBasedStateMachine):
    """A user in 瑞安 with an account of her own and two payers, one in another region; and a pool in 泉州."""

    @initialize(
        own=st.integers(1, 5_000), first=fen, second=fen, account=st.integers(RESERVE, RESERVE + 90_000), limit=limits
    )
    def begin(self, own: int, first: int, second: int, account: int, limit: int | None) -> None:
        self.before = transaction.savepoint()
        self.user, self.owner = insured(carried=own), insured(QUANZHOU, carried=account)
        self.payers = {"first": insured(carried=first), "second": insured(ZHOUSHAN, carried=second)}
        self.mother = insured(QUANZHOU, resident=True)
        self.model = Model({"own": own, "first": first, "second": second, "account": account, "pool": 0})
        self.ties = {"first": Tie("first", limit), "second": Tie("second"), "pool": Tie("pool")}
        self.model.order = [self.ties["first"], self.ties["second"]]
        self.bonds = {
            "first": bond(self.payers["first"], self.user, place=1, limit_fen=limit),
            "second": bond(self.payers["second"], self.user, place=2),
            "pool": bond(self.owner, self.mother),
        }
        self.people = {**self.payers, "pool": self.owner}
        self.clinics = {
            region: Institution.objects.get_or_create(
                code=region, defaults={"name": "卫生院", "kind": "hospital", "level": 1, "region": region}
            )[0]
            for region in (RUIAN, QUANZHOU)
        }

    def _pay(self, person, region: str, amount: int, takes: list[tuple[str, int, Tie | None]]) -> None:
        bill = operations.pay(
            act=ACT,
            institution=self.clinics[region],
            person=person,
            region=region,
            amount_fen=amount,
            on=TODAY,
            bill_no=f"m{len(self.model.paid)}",
        )
        assert bill.account_fen == sum(part for _, part, _ in takes)
        self.model.paid.append(Paid(bill, takes, amount - bill.account_fen))

    @rule(amounts=bills)
    def the_user_pays(self, amounts: list[int]) -> None:
        for amount in amounts:
            self._pay(self.user, RUIAN, amount, self.model.pay(amount, ["own"], self.model.order))

    @rule(amounts=bills)
    def the_mother_pays(self, amounts: list[int]) -> None:
        for amount in amounts:
            self._pay(self.mother, QUANZHOU, amount, self.model.pay(amount, [], [self.ties["pool"]]))

    @precondition(lambda self: any(paid.left for paid in self.model.paid))
    @rule(data=st.data())
    def a_bill_or_a_part_of_it_is_given_back(self, data: st.DataObject) -> None:
        paid = data.draw(st.sampled_from([paid for paid in self.model.paid if paid.left]))
        left, part = paid.left, data.draw(st.none() | st.integers(1, paid.left))
        operations.refund(act=ACT, bill=paid.bill, bill_no=f"r{paid.bill.pk}/{left}", amount_fen=part, reason="退药")
        self.model.give_back(paid, part or left)

    @rule(name=st.sampled_from(["first", "second", "pool"]), limit=limits)
    def a_limit_is_set(self, name: str, limit: int | None) -> None:
        if self.ties[name].state != "ended":
            self._act(bonds.set_limit, name, limit_fen=limit)
            self.ties[name].limit = limit

    @rule(name=st.sampled_from(["first", "second", "pool"]))
    def use_is_paused_or_goes_on(self, name: str) -> None:
        old = self.ties[name].state
        if old != "ended":
            self._act(bonds.suspend if old == "active" else bonds.resume, name)
            self.ties[name].state = "suspended" if old == "active" else "active"

    @rule(name=st.sampled_from(["first", "second", "pool"]), thoughts=st.integers(0, 3))
    def somebody_is_removed(self, name: str, thoughts: int) -> None:
        if self.ties[name].state == "ended":
            return
        event = self._act(remove, name)
        if thoughts:  # most think again
            undoing.undo(act=ACT, person=self.people[name], event_id=event.pk)
        else:
            self.ties[name].state = "ended"

    @rule()
    def the_order_is_turned_round(self) -> None:
        active = [card.bond.pk for card in bonds_received(self.user, TODAY)]
        bonds.reorder(act=ACT, user=self.user, bond_ids=active[::-1])
        self.model.order = [
            *(tie for tie in self.model.order[::-1] if tie.state != "ended"),
            *(tie for tie in self.model.order if tie.state == "ended"),
        ]

    @rule(amount=st.integers(1, 90_000), back=st.booleans(), regretted=st.booleans())
    def pool_money_moves(self, amount: int, back: bool, regretted: bool) -> None:
        balances = self.model.balances
        movable = balances["pool"] if back else max(balances["account"] - RESERVE, 0)
        self.moves = getattr(self, "moves", 0) + 1
        given = {"payer": self.owner, "region": QUANZHOU, "amount_fen": amount, "key": f"k{self.moves}"}
        try:
            event = (pool.move_back if back else pool.move_in)(act=ACT, **given)
        except (InsufficientFundsError, RefusedError):
            assert amount > movable
            return
        assert amount <= movable
        if regretted:
            undoing.undo(act=ACT, person=self.owner, event_id=event.pk)
            return
        balances["pool"] += -amount if back else amount
        balances["account"] += amount if back else -amount

    def _act(self, operation, name: str, **given):
        return operation(act=ACT, payer=self.people[name], bond_id=self.bonds[name].pk, **given)

    @invariant()
    def every_pot_holds_what_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        people = [self.user, self.owner, *self.payers.values()]
        pots = Pot.objects.filter(person__in=people).values_list("person", "region", "kind", "balance_fen")
        held = {(person, region, kind): fen for person, region, kind, fen in pots}
        assert self.model.balances == {
            "own": held[self.user.pk, RUIAN, "carried"],
            "first": held[self.payers["first"].pk, RUIAN, "carried"],
            "second": held[self.payers["second"].pk, ZHOUSHAN, "carried"],
            "account": held[self.owner.pk, QUANZHOU, "carried"],
            "pool": held.get((self.owner.pk, QUANZHOU, "pool"), 0),
        }
        used = {card.bond.pk: card.used_fen for card in cards([*self.bonds.values()], self.user, TODAY)}
        assert used == {self.bonds[name].pk: tie.used for name, tie in self.ties.items()}

    def teardown(self) -> None:
        if hasattr(self, "before"):
            assert list(findings()) == []
            transaction.savepoint_rollback(self.before)


@pytest.mark.chaos
@pytest.mark.usefixtures("policies_loaded")
def test_families_do_what_the_model_says():
    run_state_machine_as_test(
        Families,
        settings=settings(max_examples=8 * ROUNDS, stateful_step_count=20, suppress_health_check=list(HealthCheck)),
    )
