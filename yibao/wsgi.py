"""WSGI entry point (yibao/web.py serves it). Does not serve on a database whose ledger could be rewritten."""

import os

from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
# Somebody waits for a page: no statement of one may hold a thread longer. Jobs and migrations may take their time.
os.environ.setdefault("DATABASE_TIMEOUTS", "-c lock_timeout=5s -c statement_timeout=15s")
application = get_wsgi_application()

if problems := run_checks(tags=["ledger"]):
    raise SystemExit("\n".join(problem.msg for problem in problems))
