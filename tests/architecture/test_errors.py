"""One habit for errors: each app has one base, every name ends in Error, and every message is for people."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import accounts
import family
import payments
from accounts.errors import AccountsError
from family.errors import FamilyError

BASES = {accounts: AccountsError, family: FamilyError, payments: AccountsError}
CHINESE = re.compile("[\u4e00-\u9fff]")


def declared() -> Iterator[tuple[type[Exception], type[AccountsError]]]:
    """Yield every exception that an app declares at the top of a module, with the base it is to have."""
    for app, base in BASES.items():
        for module in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if ".migrations" in module.name:
                continue
            for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if issubclass(found, BaseException) and found.__module__ == module.name:
                    yield found, base


def test_every_error_of_an_app_is_one_of_its_base():
    """So a door that has nothing more to say can catch the base and show the message."""
    found = list(declared())
    assert len(found) > 30
    assert not [error for error, base in found if not issubclass(error, base)]


def test_every_error_says_something_in_chinese_also_where_nothing_more_is_known():
    assert not [error for error, _ in declared() if not CHINESE.search(error.message)]


def test_what_is_said_is_what_is_printed():
    assert str(AccountsError("余额不足")) == AccountsError("余额不足").message == "余额不足"
    assert str(FamilyError()) == FamilyError.message
