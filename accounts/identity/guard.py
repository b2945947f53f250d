"""Triggers that keep the history of people append-only, also against SQL typed by hand. A correction is a new row."""

from accounts.guard import append_only

APPEND_ONLY = ("accounts_enrolment", "accounts_contribution", "accounts_import", "accounts_auditevent")

# (table, trigger name, SQL that installs it); accounts.guard installs them after every migrate.
TRIGGERS = tuple(trigger for table in APPEND_ONLY for trigger in append_only(table))
