"""The demo's people, and every page of the site as each of them sees it."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from family.models import Bond
from family.operations import bonds
from payments.demo.families import person
from payments.demo.personas import PERSONAS
from tests import databases
from tests.demo.pages import Page, pages_of
from tests.factories.acts import act_now

HUANG_JIANGUO, HUANG_XIUYING, HUANG_XIAOMING = 10, 11, 12


@pytest.fixture
def demo(demo_template, django_db_blocker) -> Iterator[None]:
    """Work where the demo's people live; what the test writes is undone."""
    with django_db_blocker.unblock(), databases.database(demo_template), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def demo_pages(demo_template, django_db_blocker) -> list[Page]:
    """Every page of everybody, and once more of a family after one was suspended and another removed."""
    with django_db_blocker.unblock(), databases.database(demo_template), transaction.atomic():
        pages = [page for member in PERSONAS for page in pages_of(member)]
        payer = person(HUANG_JIANGUO)
        for serial, change in ((HUANG_XIUYING, bonds.suspend), (HUANG_XIAOMING, bonds.remove)):
            bond = Bond.objects.get(payer=payer, user=person(serial))
            change(act=act_now(), payer=payer, bond_id=bond.pk)
        again = [member for member in PERSONAS if member.serial in (HUANG_JIANGUO, HUANG_XIUYING)]
        pages += [page for member in again for page in pages_of(member) if page.name != "help_article"]
        transaction.set_rollback(True)
    return pages
