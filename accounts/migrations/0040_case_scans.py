"""Pictures of papers, in a table of their own and as they are: what is encrypted gets no smaller by compressing it."""

import accounts.sealing.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0039_person_corrections"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseScan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("paper", models.CharField(max_length=40, verbose_name="材料代码")),
                ("name", models.CharField(max_length=80, verbose_name="材料")),
                ("content", accounts.sealing.fields.SealedBytesField(null=True, verbose_name="影像")),
                ("digest", models.CharField(max_length=64, verbose_name="指纹（SM3）")),
                ("size", models.IntegerField(verbose_name="字节数")),
                ("uploaded_at", models.DateTimeField(verbose_name="上传时间")),
                ("purged_at", models.DateTimeField(null=True, verbose_name="删除时间")),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scans",
                        to="accounts.case",
                        verbose_name="窗口业务",
                    ),
                ),
                (
                    "purged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="删除人（到期的为空）",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="上传人",
                    ),
                ),
            ],
            options={
                "verbose_name": "材料影像",
                "verbose_name_plural": "材料影像",
                "ordering": ["id"],
                "indexes": [models.Index(condition=models.Q(("purged_at", None)), fields=["case"], name="scan_kept")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("content__isnull", True), ("purged_at__isnull", False)),
                            models.Q(("content__isnull", False), ("purged_at", None)),
                            _connector="OR",
                        ),
                        name="scan_kept_or_purged",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE accounts_casescan ALTER COLUMN content SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
    ]
