"""`manage.py check --deploy`: names every setting that a real site needs and this one lacks, and what happens without."""

import os
from collections.abc import Sequence

from django.conf import settings
from django.core.checks import Tags, Warning, register
from django.db import OperationalError, connection

from accounts.triggers import ROLE

NEEDED = {
    "DATABASE_URL": "会用随带的 PostgreSQL，它只供试用",
    "REDIS_URL": "会连本机没有口令的 Redis",
    "DJANGO_SECRET_KEY": "每台机器各有一个，换一台就要重新登录，邀请和验证码也对不上",
    "ALLOWED_HOSTS": "只有 localhost 打得开",
    "YIBAO_KEYRING": "密钥和程序写的文件放在一起，会被一起备份、一起丢",
    "YIBAO_VAR": "程序写的文件留在代码目录里",
    "YIBAO_PROXIES": "前面有几层自己的代理（nginx 是一层，直接对外写 0）；没有设，所有人算作一个网络地址，几个人就把次数用完",
    "YIBAO_BEHIND_PROXY": "TLS 在前面终止时写 1，否则会一直转向 https；不在前面终止写 0",
    "SMS_GATEWAY_URL": "验证码发不出去，谁都登录不了",
    "SMS_GATEWAY_TOKEN": "短信网关不会接受",
    "HELP_PHONE": "网页和短信上的求助电话是演示用的",
    "YIBAO_METRICS_TOKEN": "没有指标可看：/metrics 对谁都不答",
}


@register(Tags.security, deploy=True)
def check_settings(app_configs: object, **kwargs: object) -> list[Warning]:
    """Return a warning for each setting that is missing."""
    missing = [
        Warning(f"没有设置 {name}：{why}", hint="见 docs/deployment.md", id=f"yibao.W{number:03}")
        for number, (name, why) in enumerate(NEEDED.items(), 1)
        if not os.environ.get(name)
    ]
    if settings.DEMO:
        missing.append(Warning("YIBAO_DEMO 开着：短信谁都看得到", hint="设 YIBAO_DEMO=0", id="yibao.W100"))
    if settings.REHEARSAL:
        missing.append(Warning("YIBAO_REHEARSAL 开着：规则不用两个人就生效", hint="正式的库去掉它", id="yibao.W101"))
    return missing


@register(Tags.database, deploy=True)
def check_login(app_configs: object, databases: Sequence[str] | None = None, **kwargs: object) -> list[Warning]:
    """Warn where the login that serves could rewrite the ledger. Only `check --deploy --database default` asks."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, has_table_privilege('accounts_transfer', 'UPDATE')"
                " FROM pg_class WHERE oid = to_regclass('accounts_transfer')"
            )
            row = cursor.fetchone()
    except OperationalError:
        return []  # the database is asked elsewhere whether it is there
    if row is None or not row[1]:
        return []
    words = f"数据库登录 {row[0]} 能改写账本：网页、后台任务和定时器要用只属于 {ROLE} 的登录，或设 DATABASE_ROLE={ROLE}"
    return [Warning(words, hint="见 docs/deployment.md", id="yibao.W102")]
