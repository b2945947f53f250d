#!/bin/sh
# Chromium for the browser tests: used if there, installed where we may, else those tests say that they are skipped.
command -v chromium >/dev/null 2>&1 && exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || { echo "no chromium: browser tests will be skipped"; exit 0; }
apt-get update -qq >/dev/null 2>&1
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null 2>&1 \
    || echo "chromium could not be installed: browser tests will be skipped"
