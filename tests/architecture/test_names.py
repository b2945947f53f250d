"""One word per thing: names that gave way to the field's word stay away."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.test_shape import ROOT, files, named

# What a name may not contain any more, as words joined by "_" → what to say instead.
RETIRED = {
    "promised_by": "undertakings_of: 承诺书 is an undertaking",
    "case_number": "dated_number: not only cases have one",
    "case_source": "progress_source: a case is a Case at a counter",
    "standing": "status, ACTIVE_STATES, stalled, installed",
    "hold_pots": "lock_pots, lock_years_and_pots, lock_sources",
    "holding": "locking",
    "holdings": "accounts_of",
    "lends": "available",
    "lent": "available",
    "lendable": "shared_pots",
    "bring_forward": "roll_over",
    "stragglers": "remaining",
    "step_kind": "EventKind",
    "steps_of": "runs_of",
    "telling": "notifications",
    "heard": "last_import_at",
    "doubtful": "needs_recheck",
    "behind": "recorded_late",
    "contested": "conflicting",
    "indebted": "with_debt",
    "excess": "overcredit",
    "bell": "enqueue",
    "pump": "requeue_stalled",
    "tick": "schedule_due, checkbox",
    "sweep": "execution",
    "disown": "report_unknown_sender",
    "disowned": "sender_unknown",
    "folded": "normalised_name",
    "tidy": "purge_expired",
    "forget": "erase, drop, reset, invalidate",
    "lapse": "expire",
    "lapsed": "expired",
    "lapses": "expires",
    "family_here": "family_accept_on_device",
    "family_done": "family_result",
    "cast": "personas",
}
FREE = {"cast", "Cast"}  # of typing and of Django
FREE_IN_TESTS = {"sweep", "tick"}  # `make sweep` looks at every page; a frozen clock takes tick=


def names_in(path: Path) -> Iterator[str]:
    """Yield the module's own name and every name it defines or uses; a test's own name is a sentence."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield "" if name.lower().startswith("test") else name
            case ast.alias(name=name):
                yield from name.split(".")


@cache
def retired_in(name: str) -> list[str]:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")
    return [old for old in RETIRED if f"_{old}_" in f"_{words}_" and name not in FREE]


def may_hold_one(path: Path) -> bool:
    """Say whether a retired word stands anywhere in the text: only then is it worth reading name by name."""
    text = f"{path.stem} {path.read_text()}".lower().replace("_", "")
    return any(old.replace("_", "") in text for old in RETIRED)


def test_retired_words_are_in_no_name():
    found = {}
    for path in filter(may_hold_one, files(".py")):
        free = FREE_IN_TESTS if named(path).startswith("tests/") else set()
        for name in names_in(path):
            for old in set(retired_in(name)) - free:
                found[f"{named(path)}: {name}"] = f"say {RETIRED[old]}"
    assert not found


def test_nor_in_the_name_of_a_template():
    templates = (path.stem for path in (ROOT / "templates").rglob("*.html"))
    assert not {name: old for name in templates if (old := retired_in(name))}


def test_a_retired_word_is_found_however_it_is_written():
    assert retired_in("roll_stragglers") == retired_in("STRAGGLERS") == retired_in("_OfStragglers") == ["stragglers"]
    assert retired_in("outstanding_fen") == retired_in("understanding") == []
