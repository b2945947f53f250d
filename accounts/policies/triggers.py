"""What the database itself refuses about published policy versions, also against SQL typed by hand."""

from accounts.codes import ApprovalState, PolicyState
from accounts.triggers import IS_OWNER

TABLE = "accounts_policyversion"
PUBLISH = "policy.publish"  # the kind of approval (accounts.operations.policies)

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


# What the application never does its role cannot: put rules in force that two people have not agreed on. Loading a new
# region's rules is the owner's.
_TWO_AGREED = f"""
CREATE OR REPLACE FUNCTION {TABLE}_two_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT {IS_OWNER} AND NEW.state = '{PolicyState.PUBLISHED}' AND NOT EXISTS (
        SELECT FROM accounts_approval
        WHERE subject = 'policy:' || NEW.id AND kind = '{PUBLISH}' AND state = '{ApprovalState.APPROVED}'
    ) THEN
        RAISE EXCEPTION '{TABLE}: no two people have agreed on this version' USING ERRCODE = 'restrict_violation';
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
    (
        TABLE,
        f"{TABLE}_agreed",
        f"{_TWO_AGREED}"
        f"CREATE OR REPLACE TRIGGER {TABLE}_agreed BEFORE INSERT OR UPDATE ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION {TABLE}_two_agreed(); ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_agreed;",
    ),
)
