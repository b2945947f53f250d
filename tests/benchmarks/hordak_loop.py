"""Credit accounts one at a time with django-hordak, in a database of its own on the same server."""

import os
import time

from yibao import servers

ACCOUNTS, SAMPLES = 200, 3


def main() -> None:
    url = servers.ensure_postgres()
    import environ
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS hordak")
        connection.execute("CREATE DATABASE hordak")
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="bench",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DATABASES={"default": environ.Env.db_url_config(url) | {"NAME": "hordak"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        DEFAULT_CURRENCY="CNY",
        CURRENCIES=["CNY"],
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from hordak.models import Account, AccountType, Leg, Transaction
    from moneyed import Money

    fund = Account.objects.create(name="fund", code="1", type=AccountType.income, currencies=["CNY"])
    accounts = [
        Account.objects.create(name=str(n), code=str(n + 2), type=AccountType.asset, currencies=["CNY"])
        for n in range(ACCOUNTS)
    ]
    from django.db import transaction

    for _ in range(SAMPLES):
        started = time.perf_counter()
        for account in accounts:
            with transaction.atomic():
                voucher = Transaction.objects.create()
                Leg.objects.create(transaction=voucher, account=fund, credit=Money(100, "CNY"))
                Leg.objects.create(transaction=voucher, account=account, debit=Money(100, "CNY"))
        print(ACCOUNTS / (time.perf_counter() - started))


if __name__ == "__main__":
    os.environ.setdefault("YIBAO_VAR", "var/bench")
    main()
