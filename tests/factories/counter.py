"""A counter with its clerk, and people insured in its region."""

from datetime import datetime

from accounts.codes import LookupPurpose, Role
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Lookup, Office, Person, User
from tests.factories.people import EnrolmentFactory, certno
from tests.factories.users import official
from yibao.lib import clock

REGION = "330900"


def office(code: str = "R01", region: str = REGION) -> Office:
    """Return an office of the region."""
    made = {"region": region, "name": f"窗口{code}", "address": "解放路1号", "phone": "65811820", "source": "试验"}
    return Office.objects.get_or_create(code=code, defaults=made)[0]


def clerk_at(code: str = "R01", *, serial: int = 990_001, role: str = Role.CLERK, region: str = REGION) -> User:
    """Return a member of staff of an office, whose certificate number is that of the serial."""
    office(code, region)
    return official(role, username=f"{role}-{serial}", office=code, certno=certno(serial))


def act_of(user: User, case: str = "") -> Act:
    return Act(actor_of(user, case), clock.now())


def insured_here(region: str = REGION, **fields: object) -> Person:
    """Return somebody insured in the region of the counter."""
    person: Person = EnrolmentFactory(
        region=region, **{f"person__{name}": value for name, value in fields.items()}
    ).person
    return person


def looked_up(
    clerk: User, person: Person, region: str = REGION, at: datetime | None = None, at_office: str = ""
) -> Lookup:
    """Return a look-up that was just made."""
    return Lookup.objects.create(
        clerk=clerk,
        office=at_office or clerk.office,
        region=region,
        person=person,
        purpose=LookupPurpose.QUESTION,
        at=at or clock.now(),
    )
