"""Who was looked up at a counter, and how often a clerk has done so on a day."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0032_cases")]

    operations = [
        migrations.CreateModel(
            name="Lookup",
            fields=[
                (
                    "token",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="凭据"
                    ),
                ),
                ("office", models.CharField(max_length=12, verbose_name="网点代码")),
                ("region", models.CharField(max_length=6, verbose_name="统筹区")),
                ("purpose", models.CharField(max_length=24, verbose_name="目的")),
                ("case", models.CharField(blank=True, max_length=24, verbose_name="业务编号")),
                ("name_agrees", models.BooleanField(null=True, verbose_name="卡上的姓名与登记一致")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "clerk",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.person",
                        verbose_name="参保人",
                    ),
                ),
            ],
            options={
                "verbose_name": "查人",
                "verbose_name_plural": "查人",
                "indexes": [models.Index(fields=["clerk", "-at"], name="lookup_clerk_at")],
                "constraints": [
                    models.CheckConstraint(condition=~Q(purpose=""), name="lookup_has_purpose"),
                    models.CheckConstraint(condition=Q(region__regex=r"^[0-9]{6}$"), name="lookup_region_code"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LookupCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="日期")),
                ("used", models.IntegerField(default=0, verbose_name="已用次数")),
                ("most", models.IntegerField(verbose_name="最多次数")),
                (
                    "clerk",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办",
                    ),
                ),
            ],
            options={
                "verbose_name": "查人次数",
                "verbose_name_plural": "查人次数",
                "constraints": [
                    models.UniqueConstraint(fields=["clerk", "day"], name="lookup_count_once"),
                    models.CheckConstraint(condition=Q(used__gte=0, most__gte=0), name="lookup_count_not_negative"),
                ],
            },
        ),
    ]
