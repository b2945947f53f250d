"""Pictures of the papers that were seen at a counter."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.sealing.fields import SealedBytesField


class CaseScan(models.Model):
    """材料影像：窗口业务的一张材料照片，供第二个人复核。到期或删除后只留指纹：谁在什么时候传过、什么时候没有的。

    `content` is a JPEG as yibao.lib.pictures makes it, kept sealed in a table of its own: whoever reads cases reads no
    pictures. `digest` is the SM3 of case, paper and content (operations.cases.scans.digest_of), so a picture that was
    moved to another case or paper is noticed too.
    """

    case = models.ForeignKey("Case", models.PROTECT, related_name="scans", db_index=False, verbose_name="窗口业务")
    paper = models.CharField("材料代码", max_length=40)
    name = models.CharField("材料", max_length=80)
    content = SealedBytesField("影像", null=True)
    digest = models.CharField("指纹（SM3）", max_length=64)
    size = models.IntegerField("字节数")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间")
    purged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="删除人（到期的为空）"
    )
    purged_at = models.DateTimeField("删除时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "材料影像"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(content__isnull=True, purged_at__isnull=False) | Q(content__isnull=False, purged_at=None),
                name="scan_kept_or_purged",
            ),
        ]
        indexes = [models.Index(fields=["case"], name="scan_kept", condition=Q(purged_at=None))]

    def __str__(self) -> str:
        return f"材料影像 {self.pk}"
