"""What every page needs: the look the person chose, and the links of header and footer that exist.

A link stands here with its address. An address that nobody serves yet is not shown, so there are no dead links.
"""

from functools import cache, cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, get_script_prefix, get_urlconf, resolve

from accounts.codes import Role
from accounts.identity.access import is_official, person_or_none
from accounts.queries.budget import Budget, sms_budget
from accounts.queries.notices import unread_count
from accounts.views.display import display_of
from yibao.lib import clock

SITE_NAME = "医保个人账户"

MESSAGES = "/messages/"
TABS = (
    ("我的账户", "/account/"),
    ("家庭共济", "/family/"),
    ("居民医保代缴", "/premium/"),
    ("办事进度", "/cases/"),
    ("通知", MESSAGES),
)
FOOTER = (
    ("去窗口办", "/offices/"),
    ("帮助", "/help/"),
    ("反馈", "/feedback/"),
    ("无障碍声明", "/accessibility/"),
)
COUNTER = (
    ("工作台", "/counter/"),
    ("查人", "/counter/find/"),
    ("今日业务", "/counter/today/"),
    ("快捷键和口径", "/counter/keys/"),
)
REVIEWING = (("复核", "/counter/review/"), ("异议", "/counter/objections/"))  # a reviewer's besides
SIGN_IN = "/login/"
SIGN_OUT = "/logout/"
LOCK = "/counter/lock/"
STAY = "/display/stay/"


def address(path: str) -> str:
    """Return the address of a path of the site, or "" where nothing answers it."""
    return get_script_prefix().rstrip("/") + path if _is_served(path, get_urlconf() or settings.ROOT_URLCONF) else ""


@cache
def _is_served(path: str, urlconf: str) -> bool:
    """Whether a page stands there. Asked a dozen times for every page, and the answer never changes."""
    try:
        resolve(path, urlconf)
    except Resolver404:
        return False
    return True


class Portal:
    """The name, phone and links of the portal, looked up only when a template asks."""

    name = SITE_NAME

    def __init__(self, request: HttpRequest | None = None):
        self._path = request.path if request else ""
        self._request = request

    @property
    def phone(self) -> str:
        return settings.HELP_PHONE

    @property
    def is_demo(self) -> bool:
        return bool(getattr(settings, "DEMO", False))

    @property
    def session_seconds(self) -> int:
        return settings.STAFF_IDLE_SECONDS if self._is_staff else settings.SESSION_COOKIE_AGE

    @property
    def _is_staff(self) -> bool:
        return self._request is not None and is_official(self._request.user)

    @property
    def lock_seconds(self) -> int:
        """After how long (seconds) without anybody the page of a member of staff covers itself."""
        return settings.STAFF_LOCK_SECONDS

    def _links(self, table: tuple[tuple[str, str], ...]) -> list[dict[str, object]]:
        links = [{"name": name, "url": url} for name, path in table if (url := address(path))]
        here = max((link["url"] for link in links if self._path.startswith(link["url"])), key=len, default="")
        return [link | {"here": link["url"] == here} for link in links]

    def tabs(self) -> list[dict[str, object]]:
        """Return the citizen's tabs; that of the notices says how many are unread."""
        return [
            link | ({"count": self.unread} if link["url"] == address(MESSAGES) else {}) for link in self._links(TABS)
        ]

    @cached_property
    def unread(self) -> int:
        """How many notices the signed-in person has not read."""
        user = getattr(self._request, "user", None)
        person = person_or_none(self._request) if self._request and getattr(user, "person_id", None) else None
        return unread_count(person.pk) if person else 0

    @cached_property
    def sms_budget(self) -> Budget:
        return sms_budget(clock.today())

    def footer(self) -> list[dict[str, object]]:
        return self._links(FOOTER)

    def counter(self) -> list[dict[str, object]]:
        is_reviewer = getattr(getattr(self._request, "user", None), "role", "") == Role.REVIEWER
        return self._links((*COUNTER, *REVIEWING) if is_reviewer else COUNTER)

    def sign_in(self) -> str:
        return address(SIGN_IN)

    def sign_out(self) -> str:
        return address(SIGN_OUT)

    def lock(self) -> str:
        return address(LOCK) if self._is_staff else ""

    def stay(self) -> str:
        return address(STAY)

    def display(self) -> str:
        return address("/display/")

    def cases(self) -> str:
        return address("/cases/")


def display(request: HttpRequest) -> dict[str, object]:
    """Give templates `display` (size, contrast) and `portal` (name, phone, links).

    Not `site`: allauth gives its own pages one of that name, which is the address.
    """
    return {"display": display_of(request), "portal": Portal(request), "next_path": request.get_full_path()}
