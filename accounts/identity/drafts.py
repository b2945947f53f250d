"""What somebody was submitting when their session had ended: kept encrypted for a day, for the same user only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import Http404, HttpRequest, QueryDict
from django.urls import resolve
from django.utils.crypto import constant_time_compare

from accounts.identity.access import NotProvenError
from accounts.models import UnfinishedForm, User

KEPT_FOR = timedelta(hours=24)  # accessibility rules ask for 20
MOST_CHARACTERS = 16_000
ENDED = "ended_session_of"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")  # of the latter no files are kept


@dataclass(frozen=True, slots=True)
class Told:
    """没办完的表单用话说：点了按钮会办什么，填了什么（名称和内容，和页面上读到的一样）。"""

    does: str
    rows: list[tuple[str, str]]


# (request, what was filled in, what the address names): None where it can no longer be put into words.
Tell = Callable[..., Told | None]
# URL name → how its form is put into words. Only what its owner can read again, before it is submitted in their name, is
# kept: whoever stands at a browser that was left alone may have filled it in. Deeds, look-ups and secrets are begun anew.
KEPT: dict[str, Tell] = {}
# URL name → fields that make its form a look at somebody, so that it is not kept where one of them is filled in.
LOOKS: dict[str, tuple[str, ...]] = {}


def keeps(name: str, *, unless: tuple[str, ...] = ()) -> Callable[[Tell], Tell]:
    """Let forms of the page with this URL name be kept; the function puts one into words.

    `unless`: fields by which the form looks somebody up when it is submitted. With one of them it is not kept.
    """

    def register(tell: Tell) -> Tell:
        KEPT[name], LOOKS[name] = tell, unless
        return tell

    return register


def keep(user: User, request: HttpRequest, now: datetime) -> bool:
    """Keep the form that this request brought; return whether it is kept.

    Only of pages that can say what was filled in (KEPT), and no form in which nothing stands; what is kept already stays,
    whoever submits meanwhile.
    """
    if request.method != "POST" or request.content_type not in FORMS or not _is_kept(request):
        return False
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    body, path = fields.urlencode(), request.get_full_path()
    is_empty = not any(value for values in dict(fields.lists()).values() for value in values)
    if is_empty or len(body) > MOST_CHARACTERS or len(path) > 200:
        return False
    UnfinishedForm.objects.filter(user=user, expires_at__lte=now).delete()
    new = {"path": path, "body": body, "expires_at": now + KEPT_FOR}
    kept, _ = UnfinishedForm.objects.get_or_create(user=user, defaults=new)
    return (kept.path, kept.body) == (path, body)  # a second click on the same button too


def _is_kept(request: HttpRequest) -> bool:
    name = request.resolver_match.view_name if request.resolver_match else ""
    return name in KEPT and not any(request.POST.get(field) for field in LOOKS.get(name, ()))


def tell(request: HttpRequest, form: UnfinishedForm) -> Told | None:
    """Put a kept form into words; None where its page is gone, or is no longer for whoever is signed in."""
    try:
        match = resolve(urlsplit(form.path).path)
        how = KEPT.get(match.view_name)
        return how(request, QueryDict(form.body), **match.kwargs) if how else None
    except (Http404, NotProvenError):
        return None


def of(user: User, now: datetime) -> UnfinishedForm | None:
    """Return the form this user has not finished."""
    return UnfinishedForm.objects.filter(user=user, expires_at__gt=now).first()


def note_ended_session(request: HttpRequest, now: datetime) -> None:
    """Remember, in a new and anonymous session, whose session it was that was left alone too long in this browser.

    The browser is about to lose the old session's cookie, and what it submits next may be worth keeping.
    """
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    row = Session.objects.filter(session_key=key, expire_date__lte=now).first() if key else None
    data = import_module(settings.SESSION_ENGINE).SessionStore().decode(row.session_data) if row else {}
    user = User.objects.filter(pk=data[SESSION_KEY], is_active=True).first() if SESSION_KEY in data else None
    if user and constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        note(request, user)


def note(request: HttpRequest, user: User) -> None:
    request.session[ENDED] = user.pk


def whose_session_ended(request: HttpRequest) -> User | None:
    """Return the user whose session ended in this browser, if nobody has signed in since."""
    user_id = request.session.get(ENDED)
    return User.objects.filter(pk=user_id, is_active=True).first() if user_id else None


def drop_ended_session(request: HttpRequest) -> None:
    """Somebody has signed in."""
    request.session.pop(ENDED, None)
