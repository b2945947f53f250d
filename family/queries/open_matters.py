"""What has to be done before a family can be closed. Other apps say so, without family knowing them.

@open_matter_source
def unpaid_premiums(payer, region): yield OpenMatter("给林小雨交居民医保，还没有结果", url)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from accounts.models import Person


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """没办完的事：一笔没结清的费用或代缴。"""

    text: str
    url: str = ""


Source = Callable[[Person, str], Iterable[OpenMatter]]
_sources: list[Source] = []


def open_matter_source(source: Source) -> Source:
    """Register who yields OpenMatter for (payer, region)."""
    if source not in _sources:
        _sources.append(source)
    return source


def open_matters(payer: Person, region: str) -> list[OpenMatter]:
    """Return everything that is still open on this payer's shared money."""
    return [matter for source in _sources for matter in source(payer, region)]
