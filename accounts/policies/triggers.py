"""What the database itself refuses about published policy versions, also against SQL typed by hand."""

from accounts.codes import PolicyState

TABLE = "accounts_policyversion"

_PUBLISHED_IS_FINAL = f"""
CREATE OR REPLACE FUNCTION {TABLE}_published_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' OR OLD.state = '{PolicyState.PUBLISHED}' THEN
        RAISE EXCEPTION '{TABLE}: published versions are final, % refused', TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
"""


def _trigger(name: str, events: str, level: str) -> tuple[str, str, str]:
    sql = (
        f"{_PUBLISHED_IS_FINAL}"
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {events} ON {TABLE} {level} "
        f"EXECUTE FUNCTION {TABLE}_published_is_final();"
        f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {name};"
    )
    return TABLE, name, sql


# (table, trigger name, SQL that installs it; running it again changes nothing). post_migrate installs them.
TRIGGERS = (
    _trigger(f"{TABLE}_final", "UPDATE OR DELETE", "FOR EACH ROW"),
    _trigger(f"{TABLE}_final_all", "TRUNCATE", "FOR EACH STATEMENT"),
)
