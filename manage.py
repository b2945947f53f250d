#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it brings up the embedded PostgreSQL by itself."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
    from yibao import servers

    servers.ensure_postgres()
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except SystemExit as ended:
        sys.exit(1 if ended.code == 2 else ended.code)  # argparse says 2 of a wrong option; here 1 is "not done"
