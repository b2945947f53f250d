"""Vouchers without rules or run, as all of single cases, are not written into the indexes of these."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0041_scan_terms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="voucher",
            name="policy",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.policyversion",
                verbose_name="政策版本",
            ),
        ),
        migrations.AlterField(
            model_name="voucher",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="vouchers",
                to="accounts.run",
                verbose_name="批次",
            ),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(condition=models.Q(("policy__isnull", False)), fields=["policy"], name="voucher_policy"),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(condition=models.Q(("run__isnull", False)), fields=["run"], name="voucher_run"),
        ),
    ]
