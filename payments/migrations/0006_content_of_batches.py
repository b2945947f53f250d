"""The content of a batch moves to a row of its own, so that whoever asks for orders does not carry it along."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.sealing.fields


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_reminders_and_reports")]

    operations = [
        migrations.CreateModel(
            name="TaxBatchFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", accounts.sealing.fields.SealedField(context="taxbatch:content", verbose_name="内容")),
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file",
                        to="payments.taxbatch",
                        verbose_name="批次",
                    ),
                ),
            ],
            options={"verbose_name": "交税务文件", "verbose_name_plural": "交税务文件"},
        ),
        migrations.RunSQL(
            "INSERT INTO payments_taxbatchfile (batch_id, content) SELECT id, content FROM payments_taxbatch;"
            " SET CONSTRAINTS ALL IMMEDIATE",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField("taxbatch", "content"),
    ]
