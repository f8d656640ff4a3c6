"""Django itself: security, apps, database, files, templates."""

from typing import Any

from .env import BASE_DIR, VAR_DIR, env, private_file
from .machine import machine as _look_around

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or private_file("secret_key")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

# HTTPS=1 is the production setting: a proxy ends TLS and every cookie and redirect is strict.
HTTPS = env.bool("HTTPS", default=False)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies each request passes; each adds whom it has it from to X-Forwarded-For.
PROXIES = env.int("PROXIES", default=int(HTTPS))
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "videos",
    "pipeline",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "videointel.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

AUTHENTICATION_BACKENDS = ["videos.services.logins.PasswordBackend"]
ROOT_URLCONF = "videointel.urls"
WSGI_APPLICATION = "videointel.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "login"


# A server that vanished without a word is missed within half a minute, not a quarter of an hour:
# what waits for it cannot renew its lease.
_LINK = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # ms
}


def _database() -> dict[str, Any]:
    if url := env.str("DATABASE_URL", default=""):
        database: dict[str, Any] = env.db_url_config(url)
        database["ENGINE"] = "django.db.backends.postgresql"
    else:
        database = {
            "ENGINE": "videointel.postgres",
            "NAME": "videointel",
            "DATA_DIR": VAR_DIR / "postgres",
            "MEMORY_MB": _look_around().memory_mb,
        }
    # No `pool`: django-q2 forks, and a pool that crosses a fork mixes up connections.
    options = _LINK | database.get("OPTIONS", {})
    return database | {"OPTIONS": options, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}


DATABASES = {"default": _database()}

# The cache is shared by all processes: django-q2 publishes its clusters' state there.
CACHE_TABLE = "videointel_cache"
if _redis_url := env.str("REDIS_URL", default=""):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": _redis_url,
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": CACHE_TABLE,
        }
    }

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served straight from the packages: no collectstatic step that could be forgotten.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# A folder, or s3://bucket/prefix/, of which `manage.py up` takes in what is put there; empty: none.
WATCH_FOLDER = env.str("WATCH_FOLDER", default="")
# Only small fields reach memory; files stream past Django's own upload handling.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Where `manage.py web` listens. Loopback: publishing it is a decision.
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
WEB_WORKERS = env.int("WEB_WORKERS", default=1)
# Each that is busy holds a connection to the database, of which PostgreSQL has 100 by default.
WEB_THREADS = 48
# Of these, so many may wait for the language model at once.
WEB_QUESTIONS = 4
