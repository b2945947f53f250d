"""A notice keeps facts that are put into words when shown or sent, and its text message waits beside it.

Those that are there keep their words; what they told of somebody's account is of the kind of that name. Backwards, what
has no words gets a sentence.
"""

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import accounts.sealing.fields

KINDS = {
    "account": "账户的变动",
    "relative": "家人用我的钱",
    "family": "家庭共济的邀请和改动",
    "premium": "居民医保代缴",
    "case": "办事进度",
    "security": "登录和安全",
}
STATES = {"waiting": "待发送", "sent": "已发送", "failed": "发送失败", "lapsed": "过时未发", "off": "关了提醒，未发"}
KINDS_FORWARD = "UPDATE accounts_notice SET kind = 'account' WHERE kind = 'credit'"
# One statement: a row that is changed twice in a transaction keeps the table from being altered.
BACK = """
    UPDATE accounts_notice SET
        kind = CASE kind WHEN 'account' THEN 'credit' WHEN 'relative' THEN 'family' ELSE kind END,
        title = CASE template WHEN '' THEN title ELSE '一条通知' END,
        text = CASE template WHEN '' THEN text ELSE '内容请打电话或到窗口问。' END,
        template = '', facts = '{}'
    WHERE kind IN ('account', 'relative') OR template <> ''
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0025_setup_codes")]

    operations = [
        migrations.RemoveConstraint("notice", "notice_says_something"),
        migrations.RemoveConstraint("notice", "notice_kind_known"),
        migrations.AddField(
            "notice",
            "template",
            models.CharField("事由", max_length=32, blank=True, default="", db_default=""),
        ),
        migrations.AddField(
            "notice",
            "facts",
            models.JSONField(
                "事实", default=dict, db_default={}, encoder=django.core.serializers.json.DjangoJSONEncoder
            ),
        ),
        migrations.AlterField(
            "notice", "title", models.CharField("标题", max_length=60, blank=True, default="", db_default="")
        ),
        migrations.AlterField(
            "notice", "text", models.CharField("内容", max_length=400, blank=True, default="", db_default="")
        ),
        migrations.AlterField("notice", "kind", models.CharField("类别", max_length=8, choices=list(KINDS.items()))),
        migrations.RunSQL(KINDS_FORWARD, BACK),
        migrations.AddConstraint(
            "notice", models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="notice_kind_known")
        ),
        migrations.AddConstraint(
            "notice",
            models.CheckConstraint(
                condition=Q(template="", facts={}) & ~Q(title="") & ~Q(text="")
                | ~Q(template="") & Q(title="", text=""),
                name="notice_has_facts_or_words",
            ),
        ),
        migrations.AddField(
            "outboxmessage",
            "notice",
            models.OneToOneField(
                "accounts.Notice",
                django.db.models.deletion.CASCADE,
                null=True,
                related_name="message",
                verbose_name="通知",
            ),
        ),
        migrations.AlterField("outboxmessage", "phone", accounts.sealing.fields.SealedField("手机号", default="")),
        migrations.AlterField("outboxmessage", "text", accounts.sealing.fields.SealedField("内容", default="")),
        migrations.AlterField(
            "outboxmessage",
            "state",
            models.CharField("状态", max_length=8, choices=list(STATES.items()), default="waiting"),
        ),
    ]
