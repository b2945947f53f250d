"""What the database itself refuses about bonds: letting somebody at more money without an event that says who did it."""

TABLE = "family_bond"

# At the end of the transaction: events are written after the bond. One of this transaction has a transaction id (of a
# savepoint) not below the transaction's own. OLD is empty where the bond is new. A closing is undone as a whole, by one
# event for all its bonds.
_MORE_HAS_AN_EVENT = f"""
CREATE OR REPLACE FUNCTION {TABLE}_more_has_an_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'ended' AND (
        TG_OP = 'INSERT' OR OLD.state = 'ended' OR (OLD.state = 'suspended' AND NEW.state = 'active')
        OR (NEW.payer_id, NEW.user_id, NEW.region, NEW.relation, NEW.consent)
            IS DISTINCT FROM (OLD.payer_id, OLD.user_id, OLD.region, OLD.relation, OLD.consent)
        OR NOT NEW.scopes <@ OLD.scopes OR NEW.from_on < OLD.from_on
        OR (NEW.limit_fen IS NULL AND OLD.limit_fen IS NOT NULL) OR NEW.limit_fen > OLD.limit_fen
        OR (OLD.declared AND NOT NEW.declared)
        OR (NEW.until_on IS NULL AND OLD.until_on IS NOT NULL) OR NEW.until_on > OLD.until_on)
    AND NOT EXISTS (
        SELECT FROM family_event e WHERE e.bond_id = NEW.id
        AND e.xmin::text::bigint >= (pg_current_xact_id()::text::bigint & 4294967295)
    ) AND NOT EXISTS (
        SELECT FROM family_event part JOIN family_event e ON e.undoes_id = part.part_of_id WHERE part.bond_id = NEW.id
        AND e.xmin::text::bigint >= (pg_current_xact_id()::text::bigint & 4294967295)
    ) THEN
        RAISE EXCEPTION '{TABLE}: who is let at money, or at more of it, has an event' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""

# (table, trigger name, SQL that installs it; running it again changes nothing). post_migrate installs them.
TRIGGERS = (
    (
        TABLE,
        f"{TABLE}_event",
        f"{_MORE_HAS_AN_EVENT}"
        f"DROP TRIGGER IF EXISTS {TABLE}_event ON {TABLE};"
        f"CREATE CONSTRAINT TRIGGER {TABLE}_event AFTER INSERT OR UPDATE ON {TABLE} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        f"EXECUTE FUNCTION {TABLE}_more_has_an_event(); ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_event;",
    ),
)
