"""Settings: everything that differs between installations comes from the environment.

`.env.example` explains each variable. Production refuses to start with one missing; a bare checkout
needs none, because `make run` starts the servers (`config.embedded`) and makes the secrets itself.
"""

import os
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.utils.csp import CSP
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import connections, embedded, environment, logs

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
if (
    os.environ.get("ATTUNE_ENV") != "test"
):  # a test must not depend on what stands in somebody's file
    environ.Env.read_env(BASE_DIR / ".env")  # fills in only what the environment does not say
env = environ.Env()

DATA_DIR = Path(env.str("ATTUNE_DATA_DIR", default=str(BASE_DIR / ".data")))
_kind = environment.kind_of(dict(os.environ))
PRODUCTION = _kind == "production"
DEVELOPMENT = _kind == "development"

_variables = dict(os.environ)
if not PRODUCTION:
    _variables = environment.development_secrets(DATA_DIR / "secrets.env") | _variables
_environment = environment.Environment(_variables, _kind)

# --- Secrets --------------------------------------------------------------------------------------

# Three keys, because they are lost, rotated and revoked apart: Django's signatures, the encryption
# of answers, the tokens of private links.
SECRET_KEY = _environment.read("ATTUNE_SECRET_KEY", environment.secret, otherwise="")
ENCRYPTION_KEYS: dict[str, bytes] = _environment.read(
    "ATTUNE_ENCRYPTION_KEYS", environment.keyring, otherwise={}
)
LINK_KEY = _environment.read("ATTUNE_LINK_KEY", environment.key, otherwise=b"")

# --- Where we are ---------------------------------------------------------------------------------

DEBUG = env.bool("ATTUNE_DEBUG", default=False) and not PRODUCTION
BASE_URL = _environment.read(
    "ATTUNE_BASE_URL", environment.base_url, otherwise="http://127.0.0.1:8000"
)
ALLOWED_HOSTS = _environment.read(
    "ATTUNE_ALLOWED_HOSTS", environment.names, otherwise=["127.0.0.1", "localhost", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "config.errors.csrf_failed"
# How many proxies of ours stand in front. Only then are their words about scheme and client
# believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("ATTUNE_TRUSTED_PROXY", default=0)
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# The order decides whose template or command wins: ours before the packages', upper apps before
# lower.
INSTALLED_APPS = [
    "config",
    "notifications",
    "intake",
    "booking",
    "practice",
    "django.forms",  # with FORM_RENDERER: our templates for fields
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.errors.only_sent_to",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notifications.views.banner.message_trouble",
            ],
            # Compiled templates are kept, except in development, where a change shows at once.
            "loaders": (
                ["django.template.loaders.app_directories.Loader"]
                if DEVELOPMENT
                else [
                    (
                        "django.template.loaders.cached.Loader",
                        ["django.template.loaders.app_directories.Loader"],
                    )
                ]
            ),
        },
    }
]

# --- PostgreSQL and Redis -------------------------------------------------------------------------

# While `make run` is up, `manage.py shell` beside it finds the embedded servers by their note.
_running = {} if PRODUCTION else embedded.running(DATA_DIR)
_database_url = _environment.read("DATABASE_URL", str, otherwise=_running.get("database_url", ""))
_redis_url = _environment.read("REDIS_URL", str, otherwise=_running.get("redis_url", ""))
# Embedded servers hold nobody's real data: there time may be shifted. (Tests use a database of
# their own on the same server, so it is the server that counts.)
EMBEDDED = bool(_database_url) and environment.same_server(
    _database_url, _running.get("database_url")
)

if _database_url:
    _database = environ.Env.db_url_config(_database_url, engine="django.db.backends.postgresql")
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        "connect_timeout": 5,
        # PostgreSQL keeps the plans of statements that come again: planning took a third of a
        # slot search. It plans anew by itself where a plan for all values would be worse.
        "server_side_binding": True,
        "prepare_threshold": 2,
        # One pool per process; `config.connections` says what happens while the database is away.
        "pool": {
            "min_size": 1,
            "max_size": env.int("ATTUNE_DATABASE_POOL", default=8),
            "timeout": connections.PATIENCE,
            "reconnect_timeout": connections.GIVE_UP,
            "reconnect_failed": connections.away,
            "check": connections.still_open,
        },
    }
else:
    _database = {"ENGINE": "config.unavailable", "NAME": "attune"}
DATABASES = {"default": _database}

# Two databases of one server: what the cache evicts or a test empties is never a queued task.
_redis_server = _redis_url.rstrip("/").removesuffix("/0") or "redis://127.0.0.1:0"
_BROKER_URL, _CACHE_URL = f"{_redis_server}/0", f"{_redis_server}/1"
# Nothing may hang because Redis does: what is lost here is only a nudge, or a counter.
_REDIS_PATIENCE = {"socket_connect_timeout": 0.3, "socket_timeout": 0.8}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _CACHE_URL,
        "KEY_PREFIX": "attune",
        "OPTIONS": {**_REDIS_PATIENCE, "retry": Retry(NoBackoff(), 0)},
    }
}

# --- Celery ---------------------------------------------------------------------------------------

# Redis is a doorbell: tasks carry ids, the work stands in PostgreSQL, and a sweep finds what no
# nudge announced. Hence no ETA, no countdown, no results; every task may run twice.
CELERY_BROKER_URL = _BROKER_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
# A queued task older than this is delivered a second time, so it must exceed any task's time limit.
_VISIBILITY_TIMEOUT = 3600
CELERY_VISIBILITY_TIMEOUT = _VISIBILITY_TIMEOUT
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": _VISIBILITY_TIMEOUT}
# A request that has just committed must not wait for a dead Redis: one attempt, then the sweep does
# it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": _VISIBILITY_TIMEOUT,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    **_REDIS_PATIENCE,
}
# The worker on the other hand waits for Redis as long as it takes.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Beat notes every task it has sent: the age of the note is its health (`config.healthcheck`).
CELERY_BEAT_SYNC_EVERY = 1
_SWEEP_SECONDS = 30
CELERY_BEAT_SCHEDULE_FILENAME = env.str(
    "ATTUNE_BEAT_SCHEDULE", default=str(DATA_DIR / "celerybeat-schedule")
)
# Without `expires`: that is beat's clock, read by the worker's, and where one of them is wrong
# every round would be dropped. A worker that was stopped for long finds a queue of rounds instead,
# which have nothing to do: the sweep of messages sees that in one query (`is_idle`).
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": _SWEEP_SECONDS}
    for task in ("notifications.tasks.sweep", "booking.tasks.sweep")
}
# What is kept no longer goes within the hour; a round that is missed is made up by the next. So it
# is with alerts that are said again once a day.
_PURGE_SECONDS = 3600
CELERY_BEAT_SCHEDULE |= {
    task: {"task": task, "schedule": _PURGE_SECONDS}
    for task in ("intake.tasks.purge", "intake.tasks.repeat_alerts", "config.tasks.clear_sessions")
}

# --- Mail -----------------------------------------------------------------------------------------

# Where the local catcher puts mail; the pages under /dev/ exist only when it is set.
_catcher_dir = env.str("ATTUNE_MAIL_CATCHER_DIR", default="")
MAIL_CATCHER_DIR = Path(_catcher_dir) if _catcher_dir and not PRODUCTION else None
MAILERS = {
    "default": _environment.read(
        "ATTUNE_MAIL_URL", environment.mailer, otherwise=environment.mailer("smtp://127.0.0.1:1025")
    )
}
DEFAULT_FROM_EMAIL = _environment.read("ATTUNE_MAIL_FROM", str, otherwise="office@attune.localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# How many messages go to one domain in a minute, whatever the number of workers; 0: no limit.
MAIL_PER_MINUTE = env.int("ATTUNE_MAIL_PER_MINUTE", default=300)
# Who knows it may read /healthz/metrics; without it nobody may.
METRICS_TOKEN = env.str("ATTUNE_METRICS_TOKEN", default="")
# Where replies of calendar programs come in; without it invites ask for none.
INBOUND_ADDRESS = env.str("ATTUNE_INBOUND_ADDRESS", default="")
# The name under which our own mail server writes whether a sender is genuine.
TRUSTED_AUTHSERV_ID = env.str("ATTUNE_TRUSTED_AUTHSERV_ID", default="")
# The mail services whose reports are taken, and what proves that they come from them: a user and
# password that all of them send, and each service's own keys under anymail's names for them.
WEBHOOK_PROVIDERS = env.list("ATTUNE_WEBHOOK_PROVIDERS", default=[])
ANYMAIL: dict[str, Any] = {
    "WEBHOOK_SECRET": env.str("ATTUNE_WEBHOOK_SECRET", default=""),
    **env.dict("ATTUNE_WEBHOOK_KEYS", default={}),
}
EMAIL_SUBJECT_PREFIX = ""

# --- People and sessions --------------------------------------------------------------------------

AUTH_USER_MODEL = "practice.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# Accounts are made on the command line, by somebody who knows the address.
ACCOUNT_EMAIL_VERIFICATION = "none"
# A reset mail to an address without an account would tell its owner that somebody tried.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = BASE_URL.partition(":")[0]

MFA_ADAPTER = "config.accounts.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Attune"
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A browser offers passkeys on plain http for localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION

# The `__Host-` prefix makes browsers refuse the cookie without Secure, from a subdomain, or for a
# path.
_COOKIE_PREFIX = "__Host-" if PRODUCTION else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- What browsers are told -----------------------------------------------------------------------

SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
# A private link must not travel to another site, nor stand in our own pages' requests.
# Chromium sends `Origin: null` with a form under "no-referrer", which the CSRF check must refuse;
# "same-origin" tells other sites just as little.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = PRODUCTION
# Health checks come from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION

# --- Pages and files ------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"  # inside; people see their own zone, which is converted where it is shown

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
# Outside production files are served from where they lie, so there is nothing to collect.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEVELOPMENT

# No form of Attune takes a file or needs more; limits are cheap.
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024

# --- API ------------------------------------------------------------------------------------------

# Calls per network, requests asked for per network, calls per token and per private link: far more
# than people and honest programs make. The demo practice has no such limits, so that a load test
# can run.
_api_rates: dict[str, str] = env.dict(
    "ATTUNE_API_RATES",
    default={"network": "1200/min", "asking": "120/hour", "token": "1200/min", "link": "240/min"}
    if PRODUCTION
    else {},
)
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    # Closed unless a view opens itself.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "booking.api.problems.handle",
    # `booking.api.throttles` says who is counted together; a scope without a rate is not counted.
    "DEFAULT_THROTTLE_RATES": _api_rates,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Attune",
    "DESCRIPTION": (
        "Booking for a small practice.\n\n"
        "- Times are RFC 3339 with an offset, in the zone that `time_zone` names.\n"
        "- Errors are RFC 9457 problem documents; programs look at their `code`.\n"
        "- Long lists come in pages: `limit`, and `next` in the answer.\n"
        "- Whoever calls too often is answered 429 with `Retry-After`.\n"
        "- What is somebody else's is answered like what does not exist: 404.\n"
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "booking.api.describing.either",
    ],
    # Choices that several shapes share: without a name each, the generator invents one.
    "ENUM_NAME_OVERRIDES": {
        "RequestState": "booking.api.serializers.choices.REQUEST_STATES",
        "AppointmentState": "booking.api.serializers.choices.APPOINTMENT_STATES",
        "Reason": "booking.api.serializers.choices.REASONS",
        "OutsideReason": "booking.api.serializers.choices.OUTSIDE_REASONS",
        "Conflict": "booking.api.serializers.choices.CONFLICTS",
        "SeatState": "booking.api.serializers.choices.SEAT_STATES",
        "CohortState": "booking.api.serializers.choices.COHORT_STATES",
        "Modality": "booking.api.serializers.choices.MODALITIES",
        "RelationshipType": "booking.api.serializers.choices.RELATIONSHIP_TYPES",
    },
}

# --- Logs -----------------------------------------------------------------------------------------

LOGGING = logs.configuration(as_json=PRODUCTION, level=env.str("ATTUNE_LOG_LEVEL", default="INFO"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# Without a field to log, the middleware does not load the user on every request.
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = False
DJANGO_STRUCTLOG_TRUST_UPSTREAM_CORRELATION_ID = False
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10  # DEBUG: "request_finished" says it all

_environment.refuse_if_incomplete()
