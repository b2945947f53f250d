"""Who signs in: citizens tied to one insured person, and staff with a role and an office."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """用户：登录本系统的人。参保人用手机号登录并与一名参保人绑定；工作人员用账号登录。"""

    class Meta:
        verbose_name = verbose_name_plural = "用户"
