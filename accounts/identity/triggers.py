"""What the database itself refuses about staff: giving an account to another person than the one it was made for."""

from accounts.triggers import IS_OWNER

TABLE = "accounts_user"
FACTORS = "mfa_authenticator"

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

# What the application never does its role cannot: make somebody an administrator (`createsuperuser` runs as the owner).
_NO_NEW_RIGHTS = f"""
CREATE OR REPLACE FUNCTION {TABLE}_no_new_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT {IS_OWNER} AND NEW.is_superuser AND (TG_OP = 'INSERT' OR NOT OLD.is_superuser) THEN
        RAISE EXCEPTION '{TABLE}: the application makes no administrators' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
# Who may do what, and whose account a sign-in opens, leaves a trace whoever changes it and however, also where it is so
# from the beginning (OLD is empty then); a citizen's first sign-in is nobody yet. A blind index under another key is the
# same number.
_LEAVES_A_TRACE = f"""
CREATE OR REPLACE FUNCTION {TABLE}_leaves_a_trace() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed text[] := array_remove(ARRAY[
        CASE WHEN NEW.role <> coalesce(OLD.role, '') THEN 'role' END,
        CASE WHEN NEW.office <> coalesce(OLD.office, '') THEN 'office' END,
        CASE WHEN NEW.is_superuser <> coalesce(OLD.is_superuser, false) THEN 'is_superuser' END,
        CASE WHEN NEW.is_active <> OLD.is_active THEN 'is_active' END,
        CASE WHEN NEW.person_id IS DISTINCT FROM OLD.person_id THEN 'person' END,
        CASE WHEN TG_OP = 'UPDATE' AND NEW.phone_index IS DISTINCT FROM OLD.phone_index AND (
            NEW.phone_index IS NULL OR OLD.phone_index IS NULL
            OR substring(NEW.phone_index FROM 1 FOR 4) = substring(OLD.phone_index FROM 1 FOR 4)) THEN 'phone' END,
        CASE WHEN TG_OP = 'UPDATE' AND NEW.person_id IS NOT NULL
            AND (NEW.tied_by, NEW.tied_at, NEW.phone_changed_at)
                IS DISTINCT FROM (OLD.tied_by, OLD.tied_at, OLD.phone_changed_at) THEN 'tie' END,
        CASE WHEN TG_OP = 'UPDATE' AND NEW.password <> OLD.password AND (NEW.role <> '' OR NEW.is_superuser)
            THEN 'password' END
    ], NULL);
BEGIN
    IF cardinality(changed) > 0 THEN
        INSERT INTO accounts_auditevent (actor, office, "case", verb, subject_id, detail, at)
        VALUES ('system:database', '', '', 'user.changed', coalesce(NEW.person_id, OLD.person_id),
                jsonb_build_object('user', NEW.id, 'changed', changed, 'login', session_user), clock_timestamp());
    END IF;
    RETURN NULL;
END $$;
"""

# So does what a member of staff signs in with, but for the count of used codes.
_FACTOR_LEAVES_A_TRACE = f"""
CREATE OR REPLACE FUNCTION {FACTORS}_leaves_a_trace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR (NEW.user_id, NEW.type, NEW.data - 'last_counter')
        IS DISTINCT FROM (OLD.user_id, OLD.type, OLD.data - 'last_counter') THEN
        INSERT INTO accounts_auditevent (actor, office, "case", verb, subject_id, detail, at)
        VALUES ('system:database', '', '', 'authenticator.changed', NULL,
                jsonb_build_object('user', coalesce(NEW.user_id, OLD.user_id), 'type', coalesce(NEW.type, OLD.type),
                                   'how', lower(TG_OP), 'login', session_user), clock_timestamp());
    END IF;
    RETURN NULL;
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
    (
        TABLE,
        f"{TABLE}_rights",
        f"{_NO_NEW_RIGHTS}"
        f"CREATE OR REPLACE TRIGGER {TABLE}_rights BEFORE INSERT OR UPDATE ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION {TABLE}_no_new_administrator(); ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_rights;",
    ),
    (
        TABLE,
        f"{TABLE}_trace",
        f"{_LEAVES_A_TRACE}"
        f"CREATE OR REPLACE TRIGGER {TABLE}_trace AFTER INSERT OR UPDATE ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION {TABLE}_leaves_a_trace(); ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_trace;",
    ),
    (
        FACTORS,
        f"{FACTORS}_trace",
        f"{_FACTOR_LEAVES_A_TRACE}"
        f"CREATE OR REPLACE TRIGGER {FACTORS}_trace AFTER INSERT OR UPDATE OR DELETE ON {FACTORS} FOR EACH ROW "
        f"EXECUTE FUNCTION {FACTORS}_leaves_a_trace(); ALTER TABLE {FACTORS} ENABLE ALWAYS TRIGGER {FACTORS}_trace;",
    ),
)
