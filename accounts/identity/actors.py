"""Who acts, and when. Every write names both; what is stored says which account, never whose name or number."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from yibao.lib.clock import SHANGHAI

if TYPE_CHECKING:
    from accounts.models import User

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,40}", re.ASCII)
_OFFICE = re.compile(r"[0-9A-Za-z_-]{1,12}", re.ASCII)
_CASE = re.compile(r"[0-9A-Za-z_-]{1,24}", re.ASCII)
_STORED = re.compile(r"(system|citizen|staff):([a-z0-9_.-]+)(?:@([0-9A-Za-z_-]+)(?:#([0-9A-Za-z_-]+))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Actor:
    """经办：系统任务、参保人本人，或某网点的工作人员（正在办某件业务）。

    str() is what is stored: "system:accrual", "citizen:12", "staff:7@R01#K2025-3".
    """

    kind: str
    name: str
    office: str = ""
    case: str = ""

    @classmethod
    def system(cls, name: str) -> "Actor":
        """Return a job or command acting by itself. Raises ValueError unless the name is a plain word."""
        if not _NAME.fullmatch(name):
            raise ValueError("a system actor is named by a plain lower-case word")
        return cls("system", name)

    @classmethod
    def citizen(cls, user: "User") -> "Actor":
        """Return an insured person acting for themselves through their own sign-in."""
        return cls("citizen", str(user.pk))

    @classmethod
    def staff(cls, user: "User", office: str, case: str = "") -> "Actor":
        """Return a member of staff at an office, working on a case where there is one.

        Raises ValueError when office or case is not a plain code: they are stored beside every act.
        """
        if not _OFFICE.fullmatch(office) or (case and not _CASE.fullmatch(case)):
            raise ValueError("office and case are plain codes of at most 12 and 24 characters")
        return cls("staff", str(user.pk), office, case)

    @classmethod
    def parse(cls, text: str) -> "Actor":
        """Return the actor that was stored as this text. Raises ValueError."""
        match = _STORED.fullmatch(text)
        if match is None:
            raise ValueError("not a stored actor")
        return cls(*(part or "" for part in match.groups()))

    @property
    def user_id(self) -> int | None:
        """The id of the user who acts; None for the system."""
        return None if self.kind == "system" else int(self.name)

    @property
    def account(self) -> str:
        """Who acts, wherever and on whatever case: "staff:7"."""
        return f"{self.kind}:{self.name}"

    def __str__(self) -> str:
        office = f"@{self.office}" if self.office else ""
        return f"{self.account}{office}" + (f"#{self.case}" if self.case else "")


@dataclass(frozen=True, slots=True)
class Act:
    """一次办理：谁、什么时候。Doors make one per request, command or task; every operation is told it first.

    `at` is an aware instant. What has a day of its own, such as a bill or a run, is told that day besides.
    """

    actor: Actor
    at: datetime

    @property
    def on(self) -> date:
        """The day in Asia/Shanghai, where every benefit year and deadline is counted."""
        return self.at.astimezone(SHANGHAI).date()
