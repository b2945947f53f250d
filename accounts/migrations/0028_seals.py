"""Seals over vouchers, transfers and audit events."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0027_annual_statements")]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="序号")),
                ("table", models.CharField(max_length=32, verbose_name="表")),
                ("form", models.SmallIntegerField(verbose_name="写法")),
                ("after_id", models.BigIntegerField(verbose_name="从这一行以后")),
                ("last_id", models.BigIntegerField(verbose_name="到这一行为止")),
                ("rows", models.IntegerField(verbose_name="行数")),
                ("tags", models.BinaryField(verbose_name="每行的摘要")),
                ("digest", models.CharField(max_length=64, verbose_name="摘要（HMAC-SM3）")),
                ("key_id", models.BinaryField(verbose_name="密钥编号")),
                ("actor", models.CharField(max_length=64, verbose_name="经办")),
                ("at", models.DateTimeField(verbose_name="加封时间")),
            ],
            options={
                "verbose_name": "封条",
                "verbose_name_plural": "封条",
                "indexes": [models.Index(fields=["table", "-number"], name="seal_table_newest")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gt", 0)), name="seal_number_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("last_id__gt", django.db.models.expressions.F("after_id"))),
                        name="seal_covers_rows",
                    ),
                ],
            },
        ),
    ]
