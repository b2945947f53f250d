"""All invariants of the ledger asked at once, thousands of times."""

from django.db import connection

from accounts.ledger.verify import INVARIANTS, PARAMETERS, Finding, findings

# It asks the database's clock, and the model lives years before. Whether the dead spend is a question of the model's own.
_OF_TODAY = "登记死亡以后，没有再用死亡以后的钱"


def broken() -> bool:
    """Ask all invariants in one prepared statement: planning them anew each time would take longer than asking."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = 'broken'")
        if cursor.fetchone() is None:
            asked = " UNION ALL ".join(
                f"SELECT 1 WHERE EXISTS ({sql})" for name, sql in INVARIANTS.items() if name != _OF_TODAY
            )
            cursor.execute(f"PREPARE broken AS {asked}", PARAMETERS)
        cursor.execute("EXECUTE broken")
        return cursor.fetchone() is not None


def found() -> list[Finding]:
    """Return what verify_ledger finds, as far as `broken` asks for it."""
    return [finding for finding in findings() if finding.invariant != _OF_TODAY]
