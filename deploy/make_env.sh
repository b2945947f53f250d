#!/bin/sh
# 生成 /etc/yibao/yibao.env：用法 make_env.sh 域名 数据库口令 缓存口令。带 ← 的行要自己填。
set -eu
host=$1 database=$2 broker=$3
random() { head -c 48 /dev/urandom | base64 | tr -d '\n/+='; }
cat <<EOF
YIBAO_DEMO=0
YIBAO_VAR=/var/lib/yibao
YIBAO_KEYRING=/etc/yibao/keyring.json
DJANGO_SECRET_KEY=$(random)
ALLOWED_HOSTS=$host,127.0.0.1
CSRF_TRUSTED_ORIGINS=https://$host
YIBAO_PROXIES=1
YIBAO_BEHIND_PROXY=1
YIBAO_METRICS_TOKEN=$(random)
DATABASE_URL=postgresql://yibao_web:$database@127.0.0.1:5432/yibao
REDIS_URL=redis://:$broker@127.0.0.1:6379/0
HELP_PHONE=12393
# ← 短信网关的地址和令牌
SMS_GATEWAY_URL=https://sms.example.invalid/send
SMS_GATEWAY_TOKEN=$(random)
EOF
