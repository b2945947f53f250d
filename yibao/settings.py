"""All settings, from the environment. What is not set is safe for one machine; DEBUG is off unless asked for."""

import os
import secrets
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from kombu import Queue

from yibao import servers

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR = servers.var()


def _secret_key() -> str:
    """Return DJANGO_SECRET_KEY, else one made at the first start and kept with mode 0600."""
    if key := env.str("DJANGO_SECRET_KEY", default=""):
        return key
    path = VAR / "secrets" / "django_secret_key"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = _secret_key()
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("YIBAO_DEMO", default=False)  # demo people, /dev/outbox/, http on localhost
REHEARSAL = env.bool(
    "YIBAO_REHEARSAL", default=False
)  # a database made for trying out: rules change at once, jobs run on days to come
HTTPS = env.bool("YIBAO_HTTPS", default=not DEMO)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "accounts",
    "family",
    "payments",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_celery_beat",
    "django_htmx",
    "simple_history",
    "csp",
    "yibao",
]

MIDDLEWARE = [
    "yibao.metrics.count_responses",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "yibao.bounds.BoundsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.identity.middleware.SignInMiddleware",
    "yibao.errors.say_not_allowed",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "yibao.urls"
WSGI_APPLICATION = "yibao.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yibao.context.display",
            ]
        },
    }
]

# Database. DATABASE_ROLE drops the rights of the login to those of the role after connecting: web and
# workers run as yibao_app, which may append to the ledger but never rewrite it; migrations run as the owner.
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgresql://postgres@/yibao?host=/nonexistent")}
_role = env.str("DATABASE_ROLE", default="")
_timeouts = env.str("DATABASE_TIMEOUTS", default="-c lock_timeout=10s")  # wsgi.py: the web waits less
DATABASES["default"].update(
    ENGINE="django.db.backends.postgresql",
    # A new connection costs the server a process: each thread keeps its own, and looks at its first use in a request
    # or task whether the server has been restarted since.
    CONN_MAX_AGE=60,
    CONN_HEALTH_CHECKS=True,
    ATOMIC_REQUESTS=False,
)
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=5,
    # Of what goes through yibao.lib.pipeline; Django's own cursors write values into the text and prepare nothing.
    prepare_threshold=1,
    options=f"{_timeouts} -c timezone=Asia/Shanghai" + (f" -c role={_role}" if _role else ""),
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "accounts.identity.cache.JsonCache"}}

# People and sign-in: citizens with a code sent to their phone (our own pages), staff with password and TOTP and
# citizens coming from an identity provider through allauth. Sessions live in the database and end on the server.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.identity.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {"user_attributes": ("username", "name")},
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
LOGIN_URL = "sign_in"
SESSION_COOKIE_AGE = 20 * 60  # idle; every request extends it
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_LONGEST_SECONDS = 12 * 3600  # from signing in, however busy
# The staff's are shorter: a counter is left alone, and whoever stands before it sees other people's data.
STAFF_LOCK_SECONDS = env.int("STAFF_LOCK_SECONDS", default=5 * 60)  # idle; the session stays, locked
STAFF_IDLE_SECONDS = env.int("STAFF_IDLE_SECONDS", default=15 * 60)  # idle; at most SESSION_COOKIE_AGE
STAFF_LONGEST_SECONDS = env.int("STAFF_LONGEST_SECONDS", default=8 * 3600)
ACCOUNT_ADAPTER = "accounts.identity.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "accounts.forms.signin.StaffSignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "20/15m/ip,5/15m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("YIBAO_PROXIES", default=0)  # how many proxies of our own add X-Forwarded-For
MFA_ADAPTER = "accounts.identity.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.signin.SecondFactorForm",
    "authenticate_webauthn": "accounts.forms.signin.PasskeyForm",
    "activate_totp": "accounts.forms.signin.NewSecondFactorForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]  # a lost one is taken away by two people
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # http://localhost, in the demo and in tests
MFA_TOTP_ISSUER = "医保个人账户"
MFA_TOTP_TOLERANCE = 1
MFA_REAUTHENTICATION_REQUIRED = False  # the only act is the first activation, right after the password
SOCIALACCOUNT_ADAPTER = "accounts.identity.adapter.ProviderAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
OIDC_NAME = env.str("OIDC_NAME", default="")  # e.g. the province's portal; nothing is shown while these are empty
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid"], "APPS": []}}
if OIDC_NAME and OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "portal",
            "name": OIDC_NAME,
            "client_id": env.str("OIDC_CLIENT_ID"),
            "secret": env.str("OIDC_SECRET"),
            "settings": {"server_url": OIDC_ISSUER, "fetch_userinfo": False},
        }
    ]
# Names and certificate numbers leak. Who ties themselves by them from another phone than the roster's sees and does
# nothing for so many days, while the roster's phone is told; a code to that phone or a counter opens it at once.
IDENTITY_WAIT_DAYS = env.int("IDENTITY_WAIT_DAYS", default=7)

# Text messages. Codes per number, per network address, and of the whole site in a day (a stolen night of
# messages costs at most that). The demo lets a number try more often, but never twice a minute.
HELP_PHONE = env.str("HELP_PHONE", default="65895523")
SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", default="")
SMS_GATEWAY_TOKEN = env.str("SMS_GATEWAY_TOKEN", default="")
SMS_PER_NUMBER = env.str("SMS_PER_NUMBER", default="1/60s 30/1h 100/1d" if DEMO else "1/60s 5/1h 10/1d")
SMS_PER_ADDRESS = env.str("SMS_PER_ADDRESS", default="600/1h" if DEMO else "20/1h 100/1d")
SMS_CODES_PER_DAY = env.int("SMS_CODES_PER_DAY", default=20_000)
# What whoever asks anonymously may use of it; the rest is for browsers that have signed in with the number before.
SMS_CODES_OF_STRANGERS_PER_DAY = env.int("SMS_CODES_OF_STRANGERS_PER_DAY", default=14_000)
# Messages to numbers that somebody has typed into an invitation: of the whole site in a day, and to one number.
SMS_INVITATIONS_PER_DAY = env.int("SMS_INVITATIONS_PER_DAY", default=5_000)
SMS_INVITATIONS_PER_NUMBER = env.str("SMS_INVITATIONS_PER_NUMBER", default="5/1d")
# Messages about credits, take-backs, own use and changes of base or status, to whoever wants them: of the whole site in a day.
SMS_FOUND_PER_DAY = env.int("SMS_ENTRIES_PER_DAY", default=20_000)
# Looking people up at a counter: by one clerk in a day; a reviewer of the office grants as many again.
COUNTER_LOOKUPS_PER_DAY = env.int("COUNTER_LOOKUPS_PER_DAY", default=50)
# A queue of their own: workers take turns between queues, so a code never waits behind a whole run's chunks.
CELERY_TASK_QUEUES = (Queue("celery"), Queue("sms"))
CELERY_TASK_ROUTES = {"accounts.tasks.*_sms": {"queue": "sms"}}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "yibao.static_files.CompressedOnceStorage"},
}

# Security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # probes come over plain http
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if env.bool("YIBAO_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "yibao.errors.stale_form"

# Celery: the messenger. The database is the work list, so results are not kept and messages carry ids only.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("CELERY_VISIBILITY_TIMEOUT", default=1200),
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
    "health_check_interval": 15,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

CHUNK_PEOPLE = env.int("YIBAO_CHUNK_PEOPLE", default=10_000)  # people per transaction of a job
STALLED_SECONDS = env.int("YIBAO_STALLED_SECONDS", default=60)  # a run without progress for so long is enqueued again
TAX_OFFICE_FOLDER = Path(
    env.str("YIBAO_TAX_OFFICE", default=str(VAR / "tax_office"))
)  # where hand-over files are written

METRICS_TOKEN = env.str("YIBAO_METRICS_TOKEN", default="")  # /metrics answers whoever shows it; without one, nobody
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "yibao.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str("YIBAO_LOG", default="plain" if DEMO else "json"),
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "waitress.queue": {"level": "ERROR"},  # a line for every request that waits would make more wait
        "pyBarcode": {"level": "WARNING"},  # says at every start that it cannot draw pictures, which nobody asks of it
    },
}
