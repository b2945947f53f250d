"""WSGI entry point for gunicorn. Does not serve on a database whose ledger could be rewritten."""

import os

from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
application = get_wsgi_application()

if problems := run_checks(tags=["ledger"]):
    raise SystemExit("\n".join(problem.msg for problem in problems))
