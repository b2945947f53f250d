"""Relations that nobody has shown: new ones start with the region's low limit; those that stand go on as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("family", "0006_merged_event")]

    operations = [
        migrations.AddField("bond", "declared", models.BooleanField(default=False, verbose_name="关系只是本人说的")),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sent", "发出邀请"),
                    ("resent", "重新发送"),
                    ("reminded", "提醒快到期"),
                    ("seen", "对方已看到"),
                    ("accepted", "同意"),
                    ("declined", "不同意"),
                    ("withdrawn", "撤回邀请"),
                    ("expired", "邀请过期"),
                    ("bound", "在窗口绑定"),
                    ("migrated", "从原系统转入"),
                    ("limit", "修改额度"),
                    ("end_day", "修改结束日期"),
                    ("order", "调整使用先后"),
                    ("suspended", "停用"),
                    ("resumed", "恢复使用"),
                    ("removed", "移除家人"),
                    ("left", "不再使用"),
                    ("ended", "自动结束"),
                    ("shown", "关系已在窗口核对"),
                    ("restored", "自动恢复"),
                    ("merged", "两份登记合并"),
                    ("of_age", "年满独立同意的年龄"),
                    ("moved_in", "转入共济账户"),
                    ("moved_back", "共济账户转回"),
                    ("closed", "关闭家庭共济"),
                    ("undone", "撤回刚才的操作"),
                ],
                max_length=12,
                verbose_name="事项",
            ),
        ),
    ]
