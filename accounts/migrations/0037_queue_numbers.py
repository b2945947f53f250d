"""Numbers of the queue at an office."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0036_remittances"),
    ]

    operations = [
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("office", models.CharField(max_length=12, verbose_name="网点代码")),
                ("day", models.DateField(verbose_name="日期")),
                ("number", models.SmallIntegerField(verbose_name="号码")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "等待"), ("called", "办理中"), ("done", "办完"), ("absent", "过号")],
                        default="waiting",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("taken_at", models.DateTimeField(verbose_name="取号时间")),
                ("window", models.CharField(blank=True, max_length=10, verbose_name="窗口")),
                ("calls", models.SmallIntegerField(default=0, verbose_name="叫过几次")),
                ("called_at", models.DateTimeField(null=True, verbose_name="最近叫号时间")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="办完或过号时间")),
                (
                    "clerk",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办",
                    ),
                ),
            ],
            options={
                "verbose_name": "排队号",
                "verbose_name_plural": "排队号",
                "constraints": [
                    models.UniqueConstraint(fields=("office", "day", "number"), name="ticket_once"),
                    models.UniqueConstraint(
                        fields=["clerk"], condition=Q(state="called"), name="ticket_one_at_a_window"
                    ),
                    models.CheckConstraint(
                        condition=Q(state__in=["waiting", "called", "done", "absent"]), name="ticket_state_known"
                    ),
                    models.CheckConstraint(condition=Q(number__gt=0), name="ticket_number_from_one"),
                    models.CheckConstraint(
                        condition=Q(state="waiting", clerk=None)
                        | ~Q(state="waiting") & Q(clerk__isnull=False, called_at__isnull=False),
                        name="ticket_called_by_somebody",
                    ),
                ],
            },
        ),
    ]
