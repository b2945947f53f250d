"""A progress bar on a terminal, and silence everywhere else."""

from types import TracebackType

from django.core.management.base import OutputWrapper
from tqdm import tqdm


class Bar:
    """Shows one bar per named stretch of work; give its `show` to whatever reports (name, done, total)."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._silent = not stream.isatty()
        self._bar: tqdm | None = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, what: str, done: int, total: int) -> None:
        """Move the bar of `what` to done of total."""
        if self._silent:
            return
        if self._bar is None or self._bar.desc != what:
            if self._bar is not None:
                self._bar.close()
            self._bar = tqdm(total=total, desc=what)
        self._bar.update(done - self._bar.n)
