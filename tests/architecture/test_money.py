"""Money in the database: whole fen in wide integers, and nothing that money hangs on can be deleted under it."""

import pytest
from django.apps import apps
from django.db import models

from accounts.models import Chunk, Person, PolicyVersion, Pot, Run, Skip, Transfer, Voucher

OURS = [model for label in ("accounts", "family", "payments") for model in apps.get_app_config(label).get_models()]
FIELDS = [(model, field) for model in OURS for field in model._meta.get_fields() if isinstance(field, models.Field)]
MONEY_TABLES = {Person, Pot, Voucher, Transfer, PolicyVersion, Run}
WORK_LISTS = {Chunk, Skip}  # they belong to their run


@pytest.mark.parametrize("word", ["amount", "balance", "base", "pension", "total", "limit", "price", "fee"])
def test_a_field_of_money_says_that_it_counts_fen(word):
    nameless = [
        f"{model.__name__}.{field.name}"
        for model, field in FIELDS
        if isinstance(field, models.IntegerField | models.DecimalField | models.FloatField)
        and not isinstance(field, models.AutoField)
        and word in field.name.split("_")
        and not field.name.endswith("_fen")
    ]
    assert not nameless


def test_fen_are_wide_integers():
    narrow = [
        f"{model.__name__}.{field.name}"
        for model, field in FIELDS
        if field.name.endswith("_fen") and type(field) is not models.BigIntegerField
    ]
    assert not narrow
    assert any(field.name.endswith("_fen") for _, field in FIELDS)


def test_there_is_no_fraction_anywhere():
    fractions = [
        f"{model.__name__}.{field.name}"
        for model, field in FIELDS
        if isinstance(field, models.DecimalField | models.FloatField)
    ]
    assert not fractions


def test_what_money_hangs_on_cannot_be_deleted():
    loose = [
        f"{model.__name__}.{field.name}"
        for model, field in FIELDS
        if isinstance(field, models.ForeignKey)
        and field.related_model in MONEY_TABLES
        and field.remote_field.on_delete is not models.PROTECT
        and not (model in WORK_LISTS and field.related_model is Run)
    ]
    assert not loose


def test_every_model_has_a_chinese_name_in_its_first_line():
    nameless = [
        model.__name__
        for model in OURS
        if not model.__name__.startswith("Historical") and "：" not in (model.__doc__ or "").strip().splitlines()[0]
    ]
    assert not nameless
