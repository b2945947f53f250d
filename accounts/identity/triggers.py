"""What the database itself refuses about staff: giving an account to another person than the one it was made for."""

TABLE = "accounts_user"

# A blind index begins with the id of its key (4 bytes): under another key it is the same number, moved by rotate_keys.
_CERTNO_STAYS = f"""
CREATE OR REPLACE FUNCTION {TABLE}_certno_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF OLD.certno_index IS NOT NULL AND (
        NEW.certno_index IS NULL
        OR (NEW.certno_index <> OLD.certno_index
            AND substring(NEW.certno_index FROM 1 FOR 4) = substring(OLD.certno_index FROM 1 FOR 4))
    ) THEN
        RAISE EXCEPTION '{TABLE}: the certificate number of a member of staff stays'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# (table, trigger name, SQL that installs it; running it again changes nothing). post_migrate installs them.
TRIGGERS = (
    (
        TABLE,
        f"{TABLE}_certno",
        f"{_CERTNO_STAYS}"
        f"CREATE OR REPLACE TRIGGER {TABLE}_certno BEFORE UPDATE OF certno_index OR DELETE ON {TABLE} "
        f"FOR EACH ROW "
        f"EXECUTE FUNCTION {TABLE}_certno_stays(); ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_certno;",
    ),
)
