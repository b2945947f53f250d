"""People who sign in: citizens by phone, staff with a role, and their sessions."""

import time
from datetime import datetime

from django.test import Client

from accounts.codes import Role, TieKind
from accounts.models import Person, User
from yibao.lib import clock

PASSWORD = "a-long-enough-passphrase"


def citizen(phone: str = "", person: Person | None = None) -> User:
    """Return a citizen's sign-in, tied to the person where one is given."""
    user = User.objects.create_citizen(phone)
    if person:
        user.person = person
        user.save(update_fields=["person"])
    return user


def limited(phone: str, person: Person, since: datetime | None = None) -> User:
    """Return a sign-in tied by name and number alone, from another phone than the roster's."""
    user = citizen(phone, person)
    user.tied_by, user.tied_at = TieKind.RECORD, since or clock.now()
    user.save(update_fields=["tied_by", "tied_at"])
    return user


def official(role: str = Role.CLERK, username: str = "", office: str = "R01", certno: str = "") -> User:
    """Return a member of staff; they have no authenticator yet."""
    name = username or f"{role}-1"
    return User.objects.create_user(name, PASSWORD, role=role, office=office, name="测试员", certno=certno)


def signed_in(user: User, client: Client | None = None) -> Client:
    """Return a browser in which this user is signed in; staff with their second factor."""
    client = client or Client()
    client.force_login(user)
    if user.is_official:
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client
