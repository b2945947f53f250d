"""What must hold between the ledger and sharing, added to `verify_ledger`: one query each that finds offending rows."""

from family.codes import EventKind

_STANDS = (EventKind.ACCEPTED, EventKind.BOUND, EventKind.MIGRATED, EventKind.RESTORED)
_ENDS = (EventKind.REMOVED, EventKind.LEFT, EventKind.ENDED)


def _in(*kinds: EventKind) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)


INVARIANTS: dict[str, str] = {
    "共济使用与出钱人付出的分录相等": """
        SELECT d.id AS draw, d.amount_fen, coalesce(sum(t.amount_fen), 0) AS transfers_fen
        FROM family_draw d JOIN family_bond b ON b.id = d.bond_id
        LEFT JOIN (accounts_transfer t JOIN accounts_pot p ON p.id = t.source_id)
          ON t.voucher_id = d.voucher_id AND p.person_id = b.payer_id AND p.region = b.region
        GROUP BY d.id, d.amount_fen HAVING d.amount_fen <> coalesce(sum(t.amount_fen), 0)
    """,
    "用别人的钱都有共济关系": """
        SELECT t.id AS transfer, t.voucher_id AS voucher FROM accounts_transfer t
        JOIN accounts_voucher v ON v.id = t.voucher_id AND v.kind = ANY(%(uses)s)
        JOIN accounts_pot p ON p.id = t.source_id AND p.person_id <> v.subject_id
        WHERE NOT EXISTS (SELECT 1 FROM family_draw d JOIN family_bond b ON b.id = d.bond_id
                          WHERE d.voucher_id = v.id AND b.payer_id = p.person_id AND b.user_id = v.subject_id)
    """,
    "共济凭证的使用人是共济关系的使用人": """
        SELECT d.id AS draw, d.voucher_id AS voucher FROM family_draw d
        JOIN family_bond b ON b.id = d.bond_id JOIN accounts_voucher v ON v.id = d.voucher_id
        WHERE v.subject_id IS DISTINCT FROM b.user_id
    """,
    "共济关系的状态和经过一致": f"""
        SELECT b.id AS bond, b.state, last.kind AS last_event FROM family_bond b
        LEFT JOIN LATERAL (
            SELECT e.kind FROM family_event e WHERE e.bond_id = b.id AND e.kind IN ({_in(*_STANDS, *_ENDS)})
            AND NOT EXISTS (SELECT 1 FROM family_event u WHERE u.undoes_id IN (e.id, e.part_of_id))
            ORDER BY e.id DESC LIMIT 1) last ON true
        WHERE (coalesce(last.kind, '') IN ({_in(*_STANDS)})) <> (b.state <> 'ended')
    """,
}
