"""Synthetic insured people: certificate prefix 999902, which no district has, and phone numbers 199000xxxxx."""

from datetime import date, timedelta

import factory
from stdnum.cn import ric

from accounts.models import Contribution, Enrolment, Person

FIRST_BIRTH = date(1950, 1, 1)
_MIDDLE = ("", *"安邦昌德恩富光海洪嘉建金康乐立明宁平庆荣盛泰文祥兴永裕元泽振志忠")


def certno(serial: int, born: date | None = None) -> str:
    """Return the synthetic certificate number of a serial: valid, and another one for every serial."""
    if born is None:
        born = birth_on(serial)
    stem = f"999902{born:%Y%m%d}{serial % 1000:03d}"
    return stem + ric.calc_check_digit(stem + "0")


def birth_on(serial: int) -> date:
    """Return the day of birth in `certno(serial)`."""
    return FIRST_BIRTH + timedelta(days=serial // 1000 * 7 + serial % 7)


def name(serial: int) -> str:
    """Return a name, which the canary knows. People of one name, birthday and gender are rare, as they are in life."""
    return "陈林黄张李王吴刘"[serial % 8] + _MIDDLE[serial // 56 % len(_MIDDLE)] + "晓明"


def phone(serial: int) -> str:
    return f"199000{serial % 100_000:05d}"


class PersonFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Person

    class Params:
        serial = factory.Sequence(lambda n: 5_000 + n)  # never those that tests name themselves

    certno = factory.LazyAttribute(lambda person: certno(person.serial, person.birth_on))
    name = factory.LazyAttribute(lambda person: name(person.serial))
    gender = factory.LazyAttribute(lambda person: 1 + person.serial % 2)
    birth_on = factory.LazyAttribute(lambda person: birth_on(person.serial))
    phone = factory.LazyAttribute(lambda person: phone(person.serial))


class EnrolmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Enrolment

    person = factory.SubFactory(PersonFactory)
    region = "330900"
    insurance = "310"
    person_type = "11"
    status = 1
    from_on = date(2020, 1, 1)


class ContributionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contribution

    person = factory.SubFactory(PersonFactory)
    region = "330900"
    month = date(2025, 1, 1)
    base_fen = 446_200
    received_on = date(2025, 1, 15)
