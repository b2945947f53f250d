"""All invariants of the ledger asked at once, thousands of times."""

from django.db import connection

from accounts.ledger.verify import INVARIANTS, PARAMETERS


def broken() -> bool:
    """Ask all invariants in one prepared statement: planning them anew each time would take longer than asking."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = 'broken'")
        if cursor.fetchone() is None:
            asked = " UNION ALL ".join(f"SELECT 1 WHERE EXISTS ({sql})" for sql in INVARIANTS.values())
            cursor.execute(f"PREPARE broken AS {asked}", PARAMETERS)
        cursor.execute("EXECUTE broken")
        return cursor.fetchone() is not None
