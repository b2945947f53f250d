"""What somebody says was not done or looked at for them, and what a reviewer answers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0034_counter_terms")]

    operations = [
        migrations.CreateModel(
            name="Objection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField("编号", max_length=24, unique=True)),
                ("region", models.CharField("统筹区", max_length=6)),
                ("words", models.CharField("说明", max_length=200, blank=True)),
                ("at", models.DateTimeField("时间")),
                (
                    "state",
                    models.CharField(
                        "状态", max_length=8, choices=[("open", "等答复"), ("answered", "已答复")], default="open"
                    ),
                ),
                ("answer", models.CharField("答复", max_length=400, blank=True)),
                ("answered_at", models.DateTimeField("答复时间", null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="答复人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="accounts.case",
                        verbose_name="窗口业务",
                    ),
                ),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objection",
                        to="accounts.auditevent",
                        verbose_name="哪一次",
                    ),
                ),
                (
                    "subject",
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
                "verbose_name": "异议",
                "verbose_name_plural": "异议",
                "indexes": [
                    models.Index(fields=["subject", "-at"], name="objection_subject_at"),
                    models.Index(fields=["region", "state", "at"], name="objection_region_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["subject", "case"], condition=Q(case__isnull=False), name="objection_once_a_case"
                    ),
                    models.CheckConstraint(
                        condition=Q(state="open", answer="", answered_by=None, answered_at=None)
                        | Q(state="answered", answered_by__isnull=False, answered_at__isnull=False) & ~Q(answer=""),
                        name="objection_answered_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=Q(answered_at=None) | Q(answered_at__gte=F("at")), name="objection_answered_later"
                    ),
                ],
            },
        )
    ]
