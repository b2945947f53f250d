"""What the cache keeps."""

from django.db import models


class CachedValue(models.Model):
    """暂存：过一会儿就没用的东西（例如试密码的次数）。存成 JSON，读的时候不会执行任何东西。"""

    key = models.CharField("键", max_length=250, primary_key=True)
    value = models.TextField("值（JSON）")
    expires = models.BigIntegerField("到期时刻（秒）", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "暂存"

    def __str__(self) -> str:
        return f"暂存 {self.pk[:20]}"
