"""Plain rows are what Django would have made of them, and nothing else listens to their making."""

import pytest
from django.db import models
from django.db.models import signals
from django.db.models.query_utils import DeferredAttribute

from accounts.codes import PotKind
from accounts.models import Pot
from tests.factories.family import insured
from yibao.lib.plain_rows import PlainRow


@pytest.mark.parametrize("model", PlainRow.__subclasses__())
class TestEveryPlainRow:
    def test_has_columns_that_are_plain_values(self, model):
        others = [
            f.name for f in model._meta.concrete_fields if not isinstance(vars(model)[f.attname], DeferredAttribute)
        ]
        assert others == []

    def test_is_made_without_anybody_listening(self, model):
        assert not signals.pre_init.has_listeners(model)
        assert not signals.post_init.has_listeners(model)

    def test_is_what_django_would_make_of_it(self, model):
        names = [field.attname for field in model._meta.concrete_fields]
        values = list(range(1, len(names) + 1))
        row, usual = (
            model.from_db("default", names, values),
            models.Model.from_db.__func__(model, "default", names, values),
        )
        assert {name: vars(row)[name] for name in names} == {name: vars(usual)[name] for name in names}
        assert vars(row).keys() == vars(usual).keys()
        assert (row._state.adding, row._state.db, row) == (usual._state.adding, usual._state.db, usual)


def test_what_was_not_read_is_read_when_it_is_asked_for(policies_loaded, django_assert_num_queries):
    payer = insured("330381", carried=700)
    pot = Pot.objects.only("id").get(person=payer, kind=PotKind.CARRIED)
    assert pot.get_deferred_fields() >= {"balance_fen", "person_id"}
    with django_assert_num_queries(1):
        assert pot.balance_fen == 700
    pot.balance_fen = 800
    pot.save(update_fields=["balance_fen"])
    assert Pot.objects.select_related("person").get(pk=pot.pk).person == payer
