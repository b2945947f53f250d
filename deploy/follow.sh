#!/bin/bash
# 在一台 Debian 机器上照 docs/deployment.md 走一遍：真的 nginx、PostgreSQL、Redis，自己签的证书，只用回环地址，
# 一切写在一个临时目录里，走完停掉、删掉。以 root 运行，可以反复运行：bash deploy/follow.sh
# 没有 systemd 的机器上，单元文件只查语法，其中的命令由这里照样启动。
set -euo pipefail
exec 9>&2
from=$(cd "$(dirname "$0")/.." && pwd)
root=$(mktemp -d)
code=$root/code
chmod 755 "$root"
web1=18001 web2=18002 http=18080 https=18443 pg=15499 redis=16399 host=yibao.example.gov.cn
declare -A running
step() { printf '%s %s\n' "$(date +%T)" "$*"; }
fail() { printf '没有通过：%s\n' "$*" >&2; exit 1; }
as() { local user=$1; shift; setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"; }
finish() {
    local ended=$?
    if [ $ended != 0 ]; then for log in "$root"/*.log "$root/pg/log"; do echo "== $log"; tail -n 8 "$log" || true; done >&9; fi
    for name in "${!running[@]}"; do kill -TERM "${running[$name]}" 2>/dev/null || true; done
    [ -f "$root/nginx.pid" ] && kill -QUIT "$(cat "$root/nginx.pid")" 2>/dev/null || true
    wait 2>/dev/null || true
    [ -d "$root/pg" ] && as postgres "$bin/pg_ctl" -D "$root/pg" -m fast stop >/dev/null 2>&1 || true
    rm -rf "$root"
}
trap finish EXIT
# 把正式的路径和端口换成这里的。
here() {
    sed -e "s#/opt/yibao#$code#g" -e "s#/var/lib/yibao#$root/var#g" -e "s#/var/backups/yibao#$root/backup#g" \
        -e "s#/etc/yibao#$root/etc#g" -e "s#/var/log/nginx#$root#g" -e "s#:5432/#:$pg/#g" -e "s#:6379/#:$redis/#g" \
        -e "s#127.0.0.1:8001#127.0.0.1:$web1#g" -e "s#127.0.0.1:8002#127.0.0.1:$web2#g" \
        -e "s#listen 80 #listen 127.0.0.1:$http #; s#listen 443 #listen 127.0.0.1:$https #" "$@"
}
# 以 yibao 身份、带上环境文件运行。口令不写在命令行上：那里谁都看得到。
site() { (set -a; . "$root/etc/yibao.env"; [ -z "${more:-}" ] || . "$more"; set +a; cd "$code"; exec setpriv --reuid yibao --regid yibao --init-groups -- "$@"); }
manage() { site "$code/.venv/bin/python" manage.py "$@"; }
start() { # start 名字 单元文件 实例：照单元文件里的命令启动
    local command
    command=$(here "$code/deploy/systemd/$2" | sed -n 's/^ExecStart=//p' | sed "s/%i/$3/g")
    (set -a; . "$root/etc/yibao.env"; set +a; cd "$code"; exec setpriv --reuid yibao --regid yibao --init-groups -- $command) >>"$root/$1.log" 2>&1 &
    running[$1]=$!
}
stop() { kill -TERM "${running[$1]}"; wait "${running[$1]}" || true; unset "running[$1]"; }
for port in $web1 $web2 $http $https $pg $redis; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && fail "端口 $port 已有人用"
done
status() { curl -sk -o /dev/null -w '%{http_code}' "$@" || true; }
page() { status --resolve "$host:$https:127.0.0.1" "https://$host:$https$1" "${@:2}"; }
ready() { for _ in $(seq 300); do [ "$(status "http://127.0.0.1:$1/readyz")" = 200 ] && return; sleep 0.2; done; fail "$1 没有就绪"; }
is() { [ "$2" = "$3" ] || fail "$1：应为 $3，是 $2"; }

step "1 装软件"
needed=()
for package in python3-venv nginx postgresql redis-server openssl curl; do dpkg -s "$package" >/dev/null 2>&1 || needed+=("$package"); done
[ ${#needed[@]} = 0 ] || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${needed[@]}") >/dev/null
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
id yibao >/dev/null 2>&1 || adduser --system --group --no-create-home yibao >/dev/null
install -d -o yibao -g yibao -m 700 "$root/var"
install -d -o postgres -g postgres -m 700 "$root/backup" "$root/backup/wal" "$root/pg"
install -d -o yibao -g yibao -m 750 "$root/etc" "$root/etc/tls"

step "  代码和 Python 包"
mkdir "$code"
(cd "$from" && git ls-files -co --exclude-standard -z | tar --null -T - -c) | tar -x -C "$code"
/usr/bin/python3 -m venv "$code/.venv"
"$code/.venv/bin/pip" install --quiet --disable-pip-version-check uv
"$code/.venv/bin/uv" pip sync --quiet --compile-bytecode --python "$code/.venv/bin/python" "$code/requirements.txt"

step "2 写环境文件"
database=$(openssl rand -hex 16) owner=$(openssl rand -hex 16) broker=$(openssl rand -hex 16)
sh "$code/deploy/make_env.sh" "$host" "$database" "$broker" | here >"$root/etc/yibao.env"
chown yibao "$root/etc/yibao.env"; chmod 640 "$root/etc/yibao.env"

step "3 PostgreSQL $("$bin/postgres" --version | grep -o '[0-9.]*' | head -1)：建库、登录、归档"
as postgres "$bin/initdb" -D "$root/pg" --auth-local=peer --auth-host=scram-sha-256 -E UTF8 >/dev/null
here "$code/deploy/postgresql.conf" | sed "s/^shared_buffers.*/shared_buffers = '128MB'/" >"$root/pg.conf"
printf "port = %s\nunix_socket_directories = '%s'\ninclude '%s'\n" "$pg" "$root/pg" "$root/pg.conf" >>"$root/pg/postgresql.conf"
as postgres "$bin/pg_ctl" -D "$root/pg" -w -l "$root/pg/log" start >/dev/null || { tail -5 "$root/pg/log"; fail "PostgreSQL 没有启动"; }
as postgres psql -qh "$root/pg" -p "$pg" <<EOF
CREATE ROLE yibao_owner LOGIN CREATEROLE PASSWORD '$owner';
CREATE ROLE yibao_web LOGIN PASSWORD '$database';
CREATE DATABASE yibao OWNER yibao_owner;
EOF

step "4 建表、规则、静态文件"
echo "DATABASE_URL=postgresql://yibao_owner:$owner@127.0.0.1:$pg/yibao" >"$root/owner.env"
chmod 600 "$root/owner.env"
more=$root/owner.env manage migrate --verbosity 0
as postgres psql -qh "$root/pg" -p "$pg" -c "GRANT yibao_app TO yibao_web"
more=$root/owner.env manage load_policies >/dev/null
manage load_offices >/dev/null
manage collectstatic --no-input --verbosity 0
manage check --deploy --database default --fail-level WARNING >/dev/null
echo 'unset YIBAO_PROXIES YIBAO_BEHIND_PROXY' >"$root/without.env"
without=$(more=$root/without.env manage check --deploy 2>&1 || true)
for name in YIBAO_PROXIES YIBAO_BEHIND_PROXY; do grep -q "没有设置 $name" <<<"$without" || fail "check 没有说缺 $name"; done
grep -q '能改写账本' <<<"$(more=$root/owner.env manage check --deploy --database default 2>&1 || true)" || fail "check 没有说登录能改写账本"

step "5 Redis"
{ here "$code/deploy/redis.conf" | sed "s/改成口令/$broker/"; echo "port $redis"; echo "dir $root/var"; } >"$root/etc/redis.conf"
chown yibao "$root/etc/redis.conf"
(exec setpriv --reuid yibao --regid yibao --init-groups -- redis-server "$root/etc/redis.conf") >"$root/redis.log" 2>&1 &
running[redis]=$!

step "6 systemd 单元：查语法，照样启动"
mkdir "$root/units"
for unit in "$code"/deploy/systemd/*; do here "$unit" >"$root/units/$(basename "$unit")"; done
problems=$(cd "$root/units" && SYSTEMD_UNIT_PATH="$root/units:" systemd-analyze verify ./*.service ./*.timer ./*.target 2>&1 || true)
grep -E "$root|yibao" <<<"$problems" && fail "systemd-analyze verify"
start web1 yibao-web@.service $web1
start web2 yibao-web@.service $web2
start worker yibao-worker.service ''
start beat yibao-beat.service ''
ready $web1; ready $web2

step "7 证书和 nginx"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$host" \
    -keyout "$root/etc/tls/key.pem" -out "$root/etc/tls/fullchain.pem" 2>/dev/null
here "$code/deploy/nginx.conf" >"$root/site.conf"
cat >"$root/nginx.conf" <<EOF
pid $root/nginx.pid;
error_log $root/nginx-error.log;
events { worker_connections 2048; }
http { include $root/site.conf; }
EOF
nginx -q -t -c "$root/nginx.conf"
nginx -c "$root/nginx.conf"

step "8 打开看看"
is "http 转到 https" "$(status "http://127.0.0.1:$http/login/")" 301
is "登录页" "$(page /login/)" 200
curl -sk --resolve "$host:$https:127.0.0.1" -D- -o /dev/null "https://$host:$https/login/" | grep -qi '^strict-transport-security' || fail "没有 HSTS"
is "别的域名" "$(status "https://127.0.0.1:$https/login/")" 000
is "/metrics 不经 nginx" "$(page /metrics)" 404
is "/readyz 不经 nginx" "$(page /readyz)" 404
is "/metrics 没有令牌" "$(status "http://127.0.0.1:$web1/metrics")" 404
token=$(sed -n 's/^YIBAO_METRICS_TOKEN=//p' "$root/etc/yibao.env")
curl -sf -H "Authorization: Bearer $token" "http://127.0.0.1:$web1/metrics" | grep -q '^yibao_codes_left_today' || fail "指标"
head -c 2000000 /dev/zero | tr '\0' a >"$root/large"
is "太大的请求" "$(page /login/ -F "file=@$root/large")" 413
for address in 127.0.0.1 127.0.0.2 127.0.0.3; do # 各算各的网络地址，自己写的 X-Forwarded-For 不算
    cookies=$root/cookies-$address
    ask() { curl -sk --interface "$address" --resolve "$host:$https:127.0.0.1" -H 'X-Forwarded-For: 8.8.8.8' -b "$cookies" -c "$cookies" -H "Referer: https://$host/" "$@" "https://$host:$https/login/"; }
    form=$(ask | sed -n 's/.*csrfmiddlewaretoken" value="\([^"]*\)".*/\1/p' | head -1)
    ask -o /dev/null --data-urlencode "csrfmiddlewaretoken=$form" --data-urlencode "phone=1990000000${address##*.}"
done
counted=$(as postgres psql -Ath "$root/pg" -p "$pg" -d yibao -c "SELECT count(*), count(DISTINCT whose) FROM accounts_allowance WHERE what = 'sms from address'")
is "三个网络地址各算各的" "$counted" "3|3"
python3 - "$https" <<'EOF' & # 二百个只发了半个请求头的连接
import socket, ssl, sys, time
context = ssl._create_unverified_context()
senders = [context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])), source_address=(f"127.0.1.{i % 20 + 1}", 0)), server_hostname="yibao.example.gov.cn") for i in range(200)]
for sender in senders:
    sender.sendall(b"GET / HTTP/1.1\r\nHost: yibao.example.gov.cn\r\nX-Slow: a")
time.sleep(8)
EOF
slow=$!
sleep 3
is "有慢的，别人照样打得开" "$(page /login/)" 200
kill $slow 2>/dev/null || true
is "后台任务在" "$(site "$code/.venv/bin/celery" -A yibao.celery inspect ping 2>/dev/null | grep -c pong)" 1

step "9 备份，再进一些人，演练恢复"
roster() { # 演示用的人，不是真的
    site "$code/.venv/bin/python" -c "import os,django;os.environ['DJANGO_SETTINGS_MODULE']='yibao.settings';django.setup()
from pathlib import Path;from payments.demo import files
files.write_roster(Path('$root/var/people.csv'), files.population_roster($1, '330900'))"
    manage import_roster "$root/var/people.csv" >"$root/import.log" 2>&1
}
roster 200
as postgres env PGHOST="$root/pg" PGPORT="$pg" "$code/deploy/backup.sh" "$root/backup" >/dev/null
roster 300
manage seal >/dev/null
manage verify_seals >/dev/null
as postgres psql -qAth "$root/pg" -p "$pg" -c "SELECT pg_switch_wal()" >/dev/null
for _ in $(seq 100); do [ "$(as postgres psql -Ath "$root/pg" -p "$pg" -c "SELECT count(*) FROM pg_stat_archiver WHERE last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 16777217)")" = 1 ] && break; sleep 0.2; done
drill=$(as postgres "$code/deploy/restore_drill.sh" "$root/backup")
step "  $drill"
grep -q '：300 人' <<<"$drill" || fail "备份以后进来的人没有恢复"

step "10 升级：一个一个重启，不断线"
: >"$root/codes"
(while :; do page /login/ >>"$root/codes"; echo >>"$root/codes"; sleep 0.1; done) &
visitor=$!
for name in web1 web2; do
    stop "$name"
    start "$name" yibao-web@.service "${!name}"
    ready "${!name}"
done
kill $visitor; wait $visitor 2>/dev/null || true
step "  期间 $(grep -c 200 "$root/codes") 次打开，失败 $(grep -cv '^200$' "$root/codes" || true) 次"
grep -qv '^200$' "$root/codes" && fail "升级时断了线"

step "11 数据库重启以后照样打得开"
as postgres "$bin/pg_ctl" -D "$root/pg" -w -m fast -l "$root/pg/log" restart >/dev/null
for _ in 1 2 3 4 5 6 7 8; do is "账户页（没有登录，转去登录）" "$(page /account/ -b '__Host-sessionid=abcdefghijklmnopqrstuvwxyz012345')" 302; done
grep -h Traceback "$root"/web*.log && fail "日志里有错"
step "全部走通"
