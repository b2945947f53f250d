"""Citizens may come from another identity provider (OpenID Connect), where one is configured."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db

CLIENT_ID = "yibao"
LOGIN, CALLBACK = "/oidc/portal/login/", "/oidc/portal/login/callback/"


class Provider:
    """An identity provider on loopback: discovery, authorisation with PKCE, tokens."""

    def __init__(self) -> None:
        self.subject, self.audience, self.lies_about_itself, self.breaks = "citizen-42", CLIENT_ID, False, False
        self.codes: dict[str, str] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/.well-known/openid-configuration":
                    provider.answer(self, provider.discovery())
                else:
                    query = parse_qs(url.query)
                    code = secrets.token_hex(8)
                    provider.codes[code] = query["code_challenge"][0]
                    back = query["redirect_uri"][0] + "?" + urlencode({"code": code, "state": query["state"][0]})
                    self.send_response(302)
                    self.send_header("Location", back)
                    self.end_headers()

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                if provider.breaks or not provider.codes.pop(form["code"][0], None):
                    self.send_error(500)
                else:
                    provider.answer(
                        self, {"access_token": "a", "token_type": "Bearer", "id_token": provider.id_token()}
                    )

            def log_message(self, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()  # shutdown waits that long

    @staticmethod
    def answer(handler: BaseHTTPRequestHandler, document: dict) -> None:
        body = json.dumps(document).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def discovery(self) -> dict:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": "https://elsewhere.invalid" if self.lies_about_itself else self.issuer,
            "aud": self.audience,
            "sub": self.subject,
            "iat": now,
            "exp": now + 300,
            "name": "陈静",
            "phone_number": "19900000777",
            "email": "chen@example.org",
        }
        return jwt.encode(claims, "k" * 32, algorithm="HS256")


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    cache.clear()
    provider = Provider()
    settings.OIDC_NAME = "省政务服务网"
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            **settings.SOCIALACCOUNT_PROVIDERS["openid_connect"],
            "APPS": [
                {
                    "provider_id": "portal",
                    "name": "省政务服务网",
                    "client_id": CLIENT_ID,
                    "secret": "portal-secret",
                    "settings": {"server_url": provider.issuer, "fetch_userinfo": False},
                }
            ],
        }
    }
    yield provider
    provider.server.shutdown()


def come_from_the_provider(client: Client, onward: str = ""):
    """Do what a browser does: to the provider, back with a code, in."""
    leaving = client.post(LOGIN + (f"?next={onward}" if onward else ""))
    returning = httpx.get(leaving.url).headers["Location"]
    assert urlsplit(returning).path == CALLBACK
    return client.get(f"{CALLBACK}?{urlsplit(returning).query}")


def test_without_a_provider_nothing_shows_and_its_addresses_do_not_exist(client):
    assert "oidc" not in client.get(reverse("sign_in")).content.decode()
    assert client.get(LOGIN).status_code == 404


def test_the_sign_in_page_offers_the_provider_by_name(client, provider):
    page = client.get(f"{reverse('sign_in')}?next=/settings/").content.decode()
    assert "用省政务服务网登录" in page
    assert f'action="{LOGIN}?next=%2Fsettings%2F"' in page


def test_leaving_for_the_provider_needs_a_click_and_uses_pkce(client, provider):
    assert "继续" in client.get(LOGIN).content.decode()
    query = parse_qs(urlsplit(client.post(LOGIN).url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["openid"]


def test_a_newcomer_becomes_a_citizen_who_is_nobody_yet(client, provider):
    assert come_from_the_provider(client).url == reverse("identity")
    user = User.objects.get()
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (user.person, user.phone, user.name, user.is_official) == (None, "", "", False)


def test_the_same_subject_comes_back_as_the_same_user_and_lands_where_they_wanted(client, provider):
    come_from_the_provider(client)
    user = User.objects.get()
    user.person = PersonFactory()
    user.save(update_fields=["person"])
    again = Client()
    assert come_from_the_provider(again).url == "/account/"
    assert come_from_the_provider(Client(), onward="/settings/").url == "/settings/"
    assert User.objects.get() == user


def test_another_subject_is_another_user(client, provider):
    come_from_the_provider(client)
    provider.subject = "citizen-43"
    come_from_the_provider(Client())
    assert User.objects.count() == 2


def test_nothing_the_provider_tells_about_a_person_is_kept(client, provider):
    come_from_the_provider(client)
    come_from_the_provider(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM socialaccount_socialaccount s")
        stored = cursor.fetchone()[0] + str(dict(client.session.items()))
    assert SocialAccount.objects.get().uid == "citizen-42"
    assert not [word for word in ("陈静", "\\u9648", "19900000777", "chen@") if word in stored]


@pytest.mark.parametrize("wrong", ["audience", "issuer", "broken"])
def test_a_token_for_somebody_else_or_from_elsewhere_opens_nothing(client, provider, wrong):
    provider.audience = "another-site" if wrong == "audience" else CLIENT_ID
    provider.lies_about_itself, provider.breaks = wrong == "issuer", wrong == "broken"
    response = come_from_the_provider(client)
    assert "没有登录成" in response.content.decode()
    assert not User.objects.exists()
    assert "_auth_user_id" not in client.session


def test_a_callback_nobody_asked_for_opens_nothing(client, provider):
    response = client.get(CALLBACK, {"code": "x", "state": "made-up"})
    assert "没有登录成" in response.content.decode()
    assert not User.objects.exists()


def test_a_provider_that_is_down_is_explained(client, provider):
    provider.server.shutdown()
    provider.server.server_close()
    assert "没有登录成" in client.post(LOGIN).content.decode()
