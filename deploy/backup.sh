#!/bin/sh
# 做一次基础备份，验过才算；只留最近七份，和最早一份以后的 WAL。用法：backup.sh 备份目录（postgres 用户）
set -eu
folder=$1
umask 077
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
name=base-$(date +%Y%m%dT%H%M%S)
mkdir -p "$folder/wal"
"$bin/pg_basebackup" --pgdata "$folder/$name.part" --wal-method fetch --checkpoint fast --no-password
"$bin/pg_verifybackup" --quiet "$folder/$name.part"
mv "$folder/$name.part" "$folder/$name"
ls -d "$folder"/base-* | grep -v '\.part$' | sort -r | tail -n +8 | xargs -r rm -r --
oldest=$(ls -d "$folder"/base-* | grep -v '\.part$' | sort | head -1)
first=$(sed -n 's/^START WAL LOCATION: .*file \([0-9A-F]*\).*/\1/p' "$oldest/backup_label")
"$bin/pg_archivecleanup" "$folder/wal" "$first"
echo "$folder/$name"
