#!/bin/sh
# 恢复演练：把最近的备份和归档的 WAL 恢复到一个临时的库，核对账本，说用了多久；正式的库不碰。
# 用法：restore_drill.sh 备份目录 [恢复到的时间，如 "2026-11-26 15:00:00+08"]（postgres 用户）
set -eu
folder=$1 until=${2:-}
umask 077
began=$(date +%s)
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
code=$(cd "$(dirname "$0")/.." && pwd)
base=$(ls -d "$folder"/base-* | grep -v '\.part$' | sort | tail -1)
scratch=$(mktemp -d)
stop() { "$bin/pg_ctl" -D "$scratch/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$scratch"; }
trap stop EXIT
cp -r "$base" "$scratch/data"
mkdir "$scratch/var"
touch "$scratch/data/recovery.signal"
cat > "$scratch/data/postgresql.auto.conf" <<EOF
restore_command = 'cp $folder/wal/%f %p'
${until:+recovery_target_time = '$until'}
recovery_target_action = promote
archive_mode = off
EOF
printf 'local all all trust\n' > "$scratch/data/pg_hba.conf"
"$bin/pg_ctl" -D "$scratch/data" -w -t 3600 -l "$scratch/log" \
    -o "-c config_file=$scratch/data/postgresql.auto.conf -c hba_file=$scratch/data/pg_hba.conf -c listen_addresses='' \
        -c unix_socket_directories=$scratch -c timezone=Asia/Shanghai -c max_connections=100" start >/dev/null
while [ "$(psql -h "$scratch" -d yibao -AtXc 'SELECT pg_is_in_recovery()')" = t ]; do sleep 1; done
last=$(psql -h "$scratch" -d yibao -AtXc 'SELECT max(recorded_at) FROM accounts_voucher')
people=$(psql -h "$scratch" -d yibao -AtXc 'SELECT count(*) FROM accounts_person')
back=$(date +%s)
cd "$code"
YIBAO_DEMO=0 DATABASE_URL="postgresql://postgres@/yibao?host=$scratch" YIBAO_VAR="$scratch/var" \
    "$code/.venv/bin/python" "$code/manage.py" verify_ledger
now=$(date +%s)
echo "恢复自 $(basename "$base")：$people 人，最后一张凭证 ${last:-没有}；恢复 $((back - began)) 秒，核对 $((now - back)) 秒。"
