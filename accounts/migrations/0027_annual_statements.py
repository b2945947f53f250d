"""对账单 that were issued, so that whoever holds one can ask whether it is ours."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0026_notices_as_facts"),
    ]

    operations = [
        migrations.CreateModel(
            name="AnnualStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=24, unique=True, verbose_name="编号")),
                ("region", models.CharField(max_length=6, verbose_name="统筹区")),
                ("year", models.SmallIntegerField(verbose_name="年度")),
                ("closes_on", models.DateField(verbose_name="截至日期")),
                ("opening_fen", models.BigIntegerField(verbose_name="期初余额（分）")),
                ("closing_fen", models.BigIntegerField(verbose_name="期末余额（分）")),
                ("booked_to", models.BigIntegerField(verbose_name="最后一笔分录")),
                ("digest", models.CharField(max_length=64, verbose_name="内容摘要")),
                ("actor", models.CharField(max_length=64, verbose_name="经办")),
                ("issued_at", models.DateTimeField(verbose_name="出具时间")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="accounts.person",
                        verbose_name="参保人",
                    ),
                ),
            ],
            options={
                "verbose_name": "对账单",
                "verbose_name_plural": "对账单",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "region", "year", "digest", "booked_to"), name="annual_statement_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="annual_statement_has_digest"
                    ),
                ],
            },
        ),
    ]
