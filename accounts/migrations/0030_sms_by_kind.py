"""Which kinds of notices go to the phone is chosen one by one. Who had turned reminders off keeps them all off."""

from django.db import migrations, models
from django.db.models import Q

KINDS = {
    "credit": "钱记入账户",
    "account": "账户的其他变动",
    "use": "自己用的钱",
    "change": "参保状态和缴费基数",
    "relative": "家人用我的钱",
    "family": "家庭共济的邀请和改动",
    "premium": "居民医保代缴",
    "case": "办事进度",
    "security": "登录和安全",
}
KINDS_BEFORE = ["account", "relative", "family", "premium", "case", "security"]
OFF = """
    UPDATE accounts_user SET sms_choices =
        '{"account": false, "relative": false, "family": false, "premium": false, "case": false}'
    WHERE NOT wants_sms
"""
OFF_BACK = "UPDATE accounts_user SET wants_sms = false WHERE sms_choices ->> 'family' = 'false'"
KINDS_BACK = "UPDATE accounts_notice SET kind = 'account' WHERE kind IN ('credit', 'use', 'change')"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0029_tax_office_files")]

    operations = [
        migrations.AddField("user", "sms_choices", models.JSONField("短信提醒", default=dict, db_default={})),
        migrations.RunSQL(OFF, OFF_BACK),
        migrations.RemoveField("user", "wants_sms"),
        migrations.RemoveConstraint("notice", "notice_kind_known"),
        migrations.RunSQL(migrations.RunSQL.noop, KINDS_BACK),
        migrations.AlterField("notice", "kind", models.CharField("类别", max_length=8, choices=list(KINDS.items()))),
        migrations.AddConstraint(
            "notice", models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="notice_kind_known")
        ),
    ]
