"""What the treasury paid tax offices, and the refunds they are told of: those of before are told with the next file."""

import django.db.models.deletion
from django.db import migrations, models


_TELL = """
    INSERT INTO payments_taxrefund (order_id, at, result, reason)
    SELECT o.id, max(e.at), '', '' FROM payments_premiumorder o JOIN payments_premiumorderevent e ON e.order_id = o.id
    WHERE o.state = 'refunded' AND o.receipt_no <> '' AND e.state = 'refunded' GROUP BY o.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0036_remittances"),
        ("payments", "0008_manual_reimbursement"),
    ]

    operations = [
        migrations.CreateModel(
            name="TaxPayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=6, verbose_name="统筹区")),
                ("insured_region", models.CharField(max_length=6, verbose_name="参保地")),
                ("amount_fen", models.BigIntegerField(verbose_name="金额（分）")),
                ("document", models.CharField(max_length=60, verbose_name="凭据编号")),
                ("actor", models.CharField(max_length=64, verbose_name="登记人")),
                ("at", models.DateTimeField(verbose_name="登记时间")),
            ],
            options={
                "verbose_name": "解缴",
                "verbose_name_plural": "解缴",
            },
        ),
        migrations.CreateModel(
            name="TaxRefund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="退费时间")),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[("confirmed", "确认"), ("rejected", "退回")],
                        max_length=10,
                        verbose_name="税务答复",
                    ),
                ),
                ("decided_on", models.DateField(null=True, verbose_name="税务办理日期")),
                ("reason", models.CharField(blank=True, max_length=100, verbose_name="说明")),
            ],
            options={
                "verbose_name": "告知税务的退费",
                "verbose_name_plural": "告知税务的退费",
            },
        ),
        migrations.RemoveConstraint(
            model_name="taxbatch",
            name="tax_batch_not_empty",
        ),
        migrations.AddField(
            model_name="taxbatch",
            name="refund_fen",
            field=models.BigIntegerField(default=0, verbose_name="退费金额合计（分）"),
        ),
        migrations.AddField(
            model_name="taxbatch",
            name="refund_rows",
            field=models.IntegerField(default=0, verbose_name="退费份数"),
        ),
        migrations.AddConstraint(
            model_name="taxbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("refund_fen__gte", 0), ("refund_rows__gte", 0), ("rows__gt", 0), ("sum_fen__gt", 0)),
                    models.Q(("refund_fen__gt", 0), ("refund_rows__gt", 0), ("rows", 0), ("sum_fen", 0)),
                    _connector="OR",
                ),
                name="tax_batch_not_empty",
            ),
        ),
        migrations.AddField(
            model_name="taxpayment",
            name="up_to",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="payments.taxbatch",
                verbose_name="付到哪一批",
            ),
        ),
        migrations.AddField(
            model_name="taxpayment",
            name="voucher",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.voucher",
                verbose_name="凭证",
            ),
        ),
        migrations.AddField(
            model_name="taxrefund",
            name="batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="payments.taxbatch",
                verbose_name="告知批次",
            ),
        ),
        migrations.AddField(
            model_name="taxrefund",
            name="order",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tax_refund",
                to="payments.premiumorder",
                verbose_name="代缴单",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxpayment",
            constraint=models.UniqueConstraint(fields=("region", "document"), name="tax_payment_document_once"),
        ),
        migrations.AddConstraint(
            model_name="taxpayment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0)), name="tax_payment_amount_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="taxrefund",
            index=models.Index(condition=models.Q(("batch", None)), fields=["id"], name="tax_refund_to_tell"),
        ),
        migrations.AddConstraint(
            model_name="taxrefund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_on", None), ("result", "")),
                    models.Q(
                        ("batch__isnull", False),
                        ("decided_on__isnull", False),
                        ("result__in", ["confirmed", "rejected"]),
                    ),
                    _connector="OR",
                ),
                name="tax_refund_answered_in_a_batch",
            ),
        ),
        migrations.RunSQL(_TELL, migrations.RunSQL.noop),
    ]
