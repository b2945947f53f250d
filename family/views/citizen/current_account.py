"""Whose family page it is: the account whose money relatives may use, in the words of its region."""

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.codes import PotKind
from accounts.identity.access import actor_of, current_person, current_user
from accounts.identity.actors import Act
from accounts.models import Person
from accounts.policies import registry
from accounts.policies.terms import SharingTerms
from accounts.policies.terms.sharing import NORMAL, POOL
from accounts.queries.account import Account, Accounts
from accounts.views.citizen.current_account import my_account
from family.queries.facts import funds_name
from yibao.lib import clock
from yibao.lib.fen import grouped


@dataclass(frozen=True, slots=True)
class Giving:
    """The account of a person in one region, as what relatives may use. Amounts in fen."""

    account: Account
    accounts: Accounts

    @property
    def person(self) -> Person:
        return self.account.person

    @property
    def region(self) -> str:
        return self.account.region

    @property
    def region_name(self) -> str:
        return registry.region_name(self.region)

    @property
    def other_regions(self) -> list[tuple[str, str]]:
        """Code and name of the other regions where this person has an account."""
        found = self.accounts.regions(self.account.today)
        return [
            (code, registry.region_name(code)) for code in found if code != self.region and registry.knows_region(code)
        ]

    @property
    def terms(self) -> SharingTerms | None:
        return self.account.sharing

    @property
    def is_pool(self) -> bool:
        """Whether money has to be moved into a 共济账户 first. Pages never show the words of both models."""
        return self.terms is not None and self.terms.model == POOL

    @property
    def money(self) -> str:
        """What pages call the money that relatives use: 历年结余, 个人账户 or 共济账户."""
        return funds_name(self.region, self.account.today)

    @property
    def money_fen(self) -> int:
        return self.account.fen(PotKind.POOL if self.is_pool else PotKind.CARRIED) or 0

    @property
    def own_fen(self) -> int:
        """What is in the account itself: in a pool region relatives cannot use it."""
        return self.account.fen(PotKind.CARRIED) or 0

    @property
    def question(self) -> str:
        """The first question of an invitation."""
        return f"您想让谁用您的{self.money}？"

    @property
    def is_open(self) -> bool:
        """Whether somebody insured here as things stand may share at all; suspension and ends are told apart."""
        return self.terms is not None and (self.account.is_normal or self.terms.payer_status != NORMAL)

    def who_may_use(self, *, has_members: bool, may_invite: bool) -> str:
        """Say how much there is for relatives, and that they may use it only where they may."""
        used = has_members and self.is_open
        if self.is_pool:
            by_whom = "，下面的家人可以用" if used else ""
            own = f"您个人账户里的 ¥{grouped(self.own_fen)}，转入共济账户以后家人才能用。"
            return f"共济账户里有 ¥{grouped(self.money_fen)}{by_whom}。{own}"
        by_whom = "可以给下面的家人用" if used else "可以给家人用" if may_invite else ""
        kept = "当年账户的钱不会被家人用到。" if self.account.credit.has_buckets else ""
        return f"您的{self.money} ¥{grouped(self.money_fen)} {by_whom}".rstrip() + f"。{kept}"


def giving_of(request: HttpRequest) -> Giving | None:
    """Return the account that the signed-in person looks at; None for who has none: they only use others' money."""
    accounts, mine = my_account(request)
    return None if mine is None else Giving(mine, accounts)


@dataclass(frozen=True, slots=True)
class OwnAct(Act):
    """What an insured person does for themselves, now."""

    person: Person


def own_act(request: HttpRequest) -> OwnAct:
    """Return the signed-in person as one who acts now."""
    return OwnAct(actor_of(current_user(request)), clock.now(), current_person(request))
