"""Triggers that keep the history of people append-only, also against SQL typed by hand.

post_migrate installs them, and readiness looks for them. A correction is a new row.
"""

_APPEND_ONLY = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{table} is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
CREATE OR REPLACE TRIGGER {name}_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}_all;
"""

APPEND_ONLY_TABLES = ("accounts_enrolment", "accounts_contribution", "accounts_import", "accounts_auditevent")

# (table, trigger name, SQL that installs it; running it again changes nothing)
TRIGGERS = tuple(
    (table, f"{table}_append_only", _APPEND_ONLY.format(table=table, name=f"{table}_append_only"))
    for table in APPEND_ONLY_TABLES
)
