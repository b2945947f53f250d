"""The one kind of error that operations raise: something is not done, and its message says so to people."""

from collections import Counter

refused: Counter[str] = Counter()  # by class, in this process: operators watch it (yibao/metrics.py)


class AccountsError(Exception):
    """办不成：nothing was written. `message` says in plain Chinese what is wrong and, where it helps, what to do.

    Doors that have nothing more to say about an error catch this one and show its message.
    """

    message = "没有办成"

    def __init__(self, message: str = "") -> None:
        self.message = message or self.message
        refused[type(self).__name__] += 1
        super().__init__(self.message)
