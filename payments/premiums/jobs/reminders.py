"""One reminder before a campaign ends, to people who can still pay for a relative from their account.

Each payer is looked at once in each campaign. Whoever cannot do anything, because the account is stopped, the money
does not reach or nobody is left unpaid, is told nothing.
"""

from collections.abc import Iterator
from datetime import date

from django.db import transaction

from accounts import wording
from accounts.codes import EnrolmentStatus, InsuranceType, NoticeKind, Scope
from accounts.identity.actors import Act
from accounts.models import Person
from accounts.operations.notices import tell
from accounts.wording import Told, Words
from family.codes import ACTIVE_STATES
from family.models import Bond
from payments.premiums.jobs.campaigns import Campaign, open_on
from payments.premiums.models import PremiumReminder
from payments.premiums.queries import people_to_pay_for, plan_for

DAYS_BEFORE = 10  # a week and the days around it: enough to ask at home, near enough to matter
NAMED = 3  # relatives named in the notice; a text message has room for no more


@wording.template("premium_reminder", NoticeKind.PREMIUM, people=Person.objects.all())
def remind(told: Told) -> Words:
    """To a payer. Facts: `people` who are not paid for, `year`, `fen` for each, the `last` day."""
    people = told.facts["people"]
    names = "、".join(person.name for person in people[:NAMED])
    who = f"{names}等{len(people)}人" if len(people) > NAMED else names
    year = told.facts["year"]
    text = (
        f"{who}还没有交{year}年度居民医保，每人{told.yuan('fen')}，{told.day('last')}截止，"
        "可以用您的账户交。已经在别处交了的，不用再交。"
    )
    return Words(f"{year}年度居民医保快截止了", text)


def due(on: date) -> Iterator[tuple[Campaign, int]]:
    """Yield the payers (ids) who were not looked at yet in a campaign that ends soon."""
    for campaign in open_on(on):
        if campaign.is_direct and campaign.days_left(on) <= DAYS_BEFORE:
            for payer_id in _payers(campaign):
                yield campaign, payer_id


@transaction.atomic
def remind_one(*, act: Act, campaign: Campaign, payer_id: int) -> bool:
    """Look at a payer once in a campaign; return whether there was something to remind of."""
    payer = Person.objects.get(pk=payer_id)
    unpaid = _payable(payer, campaign, act.on)
    year = campaign.terms.premium_year
    # Of two who come at once the second waits here, and finds that it is done.
    _, is_new = PremiumReminder.objects.get_or_create(
        payer=payer,
        region=campaign.region,
        premium_year=year,
        defaults={"people": len(unpaid), "at": act.at},
    )
    if not (is_new and unpaid):
        return False
    facts = {
        "people": [person.pk for person in unpaid],
        "year": year,
        "fen": campaign.terms.amount_fen,
        "last": campaign.terms.last_on.isoformat(),
    }
    tell(act=act, person=payer, template=remind, facts=facts, about="premium")
    return True


def _payers(campaign: Campaign) -> list[int]:
    bonds = Bond.objects.filter(
        state__in=ACTIVE_STATES,
        scopes__contains=[Scope.PREMIUM],
        user__enrolments__region=campaign.region,
        user__enrolments__insurance=InsuranceType.RESIDENT,
        user__enrolments__status=EnrolmentStatus.NORMAL,
    )
    seen = PremiumReminder.objects.filter(region=campaign.region, premium_year=campaign.terms.premium_year)
    payers = bonds.exclude(payer__in=seen.values("payer")).order_by("payer_id")
    return list(payers.values_list("payer_id", flat=True).distinct())


def _payable(payer: Person, campaign: Campaign, on: date) -> list[Person]:
    """Return the relatives insured in the campaign's region whose premium this person can pay now."""
    unpaid = [
        who.person
        for who in people_to_pay_for(payer, on)
        if who.can_pay and who.card is not None and who.region == campaign.region
    ]
    return [one.who.person for one in plan_for(payer, unpaid, on).people if not one.reasons] if unpaid else []
