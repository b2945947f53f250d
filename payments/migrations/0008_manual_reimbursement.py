"""Manual reimbursement: costs of relatives insured elsewhere, by invoice, each invoice once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0032_cases"),
        ("payments", "0007_refused_receipts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reimbursement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("no", models.CharField(max_length=24, unique=True, verbose_name="编号")),
                ("region", models.CharField(max_length=6, verbose_name="统筹区")),
                ("issuer_code", models.CharField(max_length=20, verbose_name="开票机构编码")),
                ("issuer_name", models.CharField(max_length=100, verbose_name="开票机构")),
                (
                    "institution_kind",
                    models.CharField(
                        choices=[("hospital", "定点医疗机构"), ("pharmacy", "定点零售药店")],
                        max_length=12,
                        verbose_name="机构类型",
                    ),
                ),
                (
                    "level",
                    models.SmallIntegerField(
                        choices=[(0, "无等级"), (1, "一级"), (2, "二级"), (3, "三级")],
                        default=0,
                        verbose_name="机构等级",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("outpatient", "门诊"),
                            ("purchase", "购药"),
                            ("inpatient", "住院"),
                            ("vaccine", "疫苗"),
                        ],
                        max_length=12,
                        verbose_name="类别",
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("partial", "自理"),
                            ("copay", "自付"),
                            ("own", "自费"),
                            ("public_health", "公共卫生"),
                            ("fitness", "体育健身"),
                            ("wellness", "养生保健"),
                            ("cosmetic", "整形美容"),
                            ("cash", "提取现金"),
                        ],
                        max_length=16,
                        verbose_name="费用类别",
                    ),
                ),
                ("amount_fen", models.BigIntegerField(verbose_name="个人负担（分）")),
                ("account_fen", models.BigIntegerField(verbose_name="账户支付（分）")),
                ("payee", models.CharField(max_length=12, verbose_name="收款账户")),
                (
                    "state",
                    models.CharField(
                        choices=[("paid", "已报销"), ("taken_back", "已收回")],
                        default="paid",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("actor", models.CharField(max_length=64, verbose_name="经办")),
                ("created_at", models.DateTimeField(verbose_name="报销时间")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="收回时间")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="收回原因")),
                (
                    "payer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reimbursements",
                        to="accounts.person",
                        verbose_name="出钱的人",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.person",
                        verbose_name="看病的家人",
                    ),
                ),
                (
                    "voucher",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.voucher",
                        verbose_name="凭证",
                    ),
                ),
            ],
            options={
                "verbose_name": "手工报销",
                "verbose_name_plural": "手工报销",
            },
        ),
        migrations.CreateModel(
            name="ReimbursedInvoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issuer_code", models.CharField(max_length=20, verbose_name="开票机构编码")),
                ("number", models.CharField(max_length=30, verbose_name="发票号码")),
                ("on", models.DateField(verbose_name="发票日期")),
                ("amount_fen", models.BigIntegerField(verbose_name="个人负担（分）")),
                ("counts", models.BooleanField(default=True, verbose_name="有效")),
                (
                    "reimbursement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="payments.reimbursement",
                        verbose_name="手工报销",
                    ),
                ),
            ],
            options={
                "verbose_name": "报销过的发票",
                "verbose_name_plural": "报销过的发票",
            },
        ),
        migrations.AddIndex(
            model_name="reimbursement",
            index=models.Index(fields=["region", "created_at"], name="reimbursement_region_day"),
        ),
        migrations.AddConstraint(
            model_name="reimbursement",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["paid", "taken_back"])), name="reimbursement_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="reimbursement",
            constraint=models.CheckConstraint(
                condition=models.Q(("account_fen__gt", 0), ("account_fen__lte", models.F("amount_fen"))),
                name="reimbursement_account_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="reimbursement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "paid")),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state", "taken_back"),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="reimbursement_taken_back_says_why",
            ),
        ),
        migrations.AddIndex(
            model_name="reimbursedinvoice",
            index=models.Index(fields=["issuer_code", "number"], name="reimbursed_invoice_number"),
        ),
        migrations.AddConstraint(
            model_name="reimbursedinvoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("counts", True)), fields=("issuer_code", "number"), name="reimbursed_invoice_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reimbursedinvoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0)), name="reimbursed_invoice_amount_positive"
            ),
        ),
    ]
