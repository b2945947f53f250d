"""What people are to each other, the right way round. Stored is always: the user is the payer's …"""

from collections.abc import Collection

from accounts.policies.terms.sharing import RELATIONS

SPOUSE, CHILD, GRANDCHILD, PARENT, GRANDPARENT, SIBLING = "1", "2", "4", "5", "6", "7"
CODES = (SPOUSE, CHILD, GRANDCHILD, PARENT, GRANDPARENT, SIBLING)

_INVERSE = {CHILD: PARENT, PARENT: CHILD, GRANDCHILD: GRANDPARENT, GRANDPARENT: GRANDCHILD}
_PLAIN = {
    SPOUSE: "配偶",
    CHILD: "子女",
    GRANDCHILD: "孙子女（外孙子女）",
    PARENT: "父母",
    GRANDPARENT: "祖父母（外祖父母）",
    SIBLING: "兄弟姐妹",
}
# By gender: 1 male, 2 female. 祖父 and 外祖父 share one code, so both are named.
_WORDS = {
    SPOUSE: ("丈夫", "妻子"),
    CHILD: ("儿子", "女儿"),
    GRANDCHILD: ("孙子（外孙）", "孙女（外孙女）"),
    PARENT: ("父亲", "母亲"),
    GRANDPARENT: ("祖父（外祖父）", "祖母（外祖母）"),
    SIBLING: ("兄弟", "姐妹"),
}


def inverse(code: str) -> str:
    """Return what the payer is to the user, from what the user is to the payer: 2 ↔ 5, 4 ↔ 6; 1 and 7 stay."""
    return _INVERSE.get(code, code)


def word(code: str, gender: int | None = None) -> str:
    """Return what somebody who stands in this relation is called: 父亲 where the gender is known, else 父母."""
    words = _WORDS[code]
    return words[gender - 1] if gender in (1, 2) else _PLAIN[code]


def offered(names: Collection[str]) -> list[tuple[str, str]]:
    """Return (code, label) for the relations a region allows by name, those with one code together."""
    labels: dict[str, list[str]] = {}
    for name, code in RELATIONS.items():
        if name in names:
            labels.setdefault(code, []).append(name)
    return [(code, "、".join(labels[code])) for code in CODES if code in labels]
