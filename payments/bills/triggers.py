"""What the database itself refuses about bills: giving back more than was on the bill, or by another institution."""

TABLE = "payments_bill"

# Two at once read the same sum; then the unique (reverses, before_fen) lets one of them in.
_REVERSAL_FITS = f"""
CREATE OR REPLACE FUNCTION {TABLE}_reversal_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM {TABLE} o
        WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL
          AND (o.institution_id, o.person_id) = (NEW.institution_id, NEW.person_id)
          AND NEW.before_fen = (SELECT coalesce(sum(r.amount_fen), 0) FROM {TABLE} r WHERE r.reverses_id = o.id)
          AND NEW.before_fen + NEW.amount_fen <= o.amount_fen
    ) THEN
        RAISE EXCEPTION '{TABLE}: a reversal keeps within its bill' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# (table, trigger name, SQL that installs it; running it again changes nothing). post_migrate installs them.
TRIGGERS = (
    (
        TABLE,
        f"{TABLE}_fits",
        f"{_REVERSAL_FITS}"
        f"CREATE OR REPLACE TRIGGER {TABLE}_fits BEFORE INSERT ON {TABLE} FOR EACH ROW "
        f"WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION {TABLE}_reversal_fits(); "
        f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_fits;",
    ),
)
