"""The work list of the jobs. Celery only carries messages; what is to be done, and what was done, stands here."""

from django.db import models

from accounts.codes import ChunkState, JobKind, RunState


class Run(models.Model):
    """批次：对一个统筹区的一个所属期做一件事，只有一条；再次运行是再扫一遍，不是再做一遍。"""

    kind = models.CharField("业务", max_length=12, choices=JobKind.choices)
    region = models.CharField("统筹区", max_length=6)
    period = models.CharField("所属期", max_length=10)
    state = models.CharField("状态", max_length=12, choices=RunState.choices, default=RunState.WORKING)
    execution = models.SmallIntegerField("第几遍", default=1)
    on = models.DateField("业务日期")
    actor = models.CharField("经办", max_length=64)
    opened_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "批次"
        constraints = [models.UniqueConstraint(fields=["kind", "region", "period"], name="run_once")]

    def __str__(self) -> str:
        return f"{self.region} {self.period} {self.get_kind_display()}"


class Chunk(models.Model):
    """分段：一段人员编号，一个事务。钱、余额和「已完成」一起提交，所以中断既不丢也不重。

    A worker holds the row lock while it works. The lock is the lease: it ends with the worker's connection.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="chunks", verbose_name="批次")
    execution = models.SmallIntegerField("第几遍", default=1)
    from_person = models.BigIntegerField("起始编号")
    until_person = models.BigIntegerField("截止编号（不含）")
    state = models.CharField("状态", max_length=8, choices=ChunkState.choices, default=ChunkState.WAITING)
    attempts = models.SmallIntegerField("尝试次数", default=0)
    error = models.CharField("最近的错误", max_length=500, blank=True)
    eligible = models.IntegerField("应处理人数", default=0)
    credited = models.IntegerField("已记账人数", default=0)
    total_fen = models.BigIntegerField("金额合计（分）", default=0)
    finished_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "分段"
        constraints = [models.UniqueConstraint(fields=["run", "execution", "from_person"], name="chunk_once")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.from_person}–{self.until_person}"


class Skip(models.Model):
    """未处理：批次没有为这个人记账，以及为什么。下一遍处理好了就消失。"""

    run = models.ForeignKey(Run, models.CASCADE, related_name="skips", verbose_name="批次")
    person = models.ForeignKey("Person", models.PROTECT, related_name="+", verbose_name="参保人")
    period = models.CharField("所属期", max_length=10)
    reason = models.CharField("原因代码", max_length=32)
    detail = models.CharField("原因", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "未处理"
        constraints = [models.UniqueConstraint(fields=["run", "person", "period"], name="skip_once")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.person_id} {self.reason}"
