"""All settings, from the environment (or `.env`); a bad value stops the start with one line that names it (CONTRACT.md)."""

import os
import secrets
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ZHIKE_DATA") or ROOT / "var").resolve()
DATA.mkdir(parents=True, exist_ok=True)


def secret_key():
    """The configured key, or one made once and kept in the data folder (readable by its owner only)."""
    if key := os.environ.get("ZHIKE_SECRET_KEY"):
        return key
    path = DATA / "secret_key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


SECRET_KEY = secret_key()
DEBUG = False
ALLOWED_HOSTS = [h.strip() for h in os.environ.get("ZHIKE_ALLOWED_HOSTS", "*").split(",") if h.strip()]

INSTALLED_APPS = [
    "zhike.api",
    "zhike.activities",
    "zhike.sales",
    "zhike.customers",
    "zhike.org",
    "zhike.records",
    "zhike.kit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "template_partials",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "zhike.org.middleware.ViewerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "zhike.kit.middleware.ErrorAnswers",
]

ROOT_URLCONF = "zhike.urls"
AUTH_USER_MODEL = "org.Person"
AUTHENTICATION_BACKENDS = ["zhike.org.backends.PersonBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "zhike.kit.context.page",
            ],
            "builtins": ["zhike.kit.templatetags.ui", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]


def database():
    """SQLite in the data folder, or PostgreSQL from ZHIKE_DATABASE_URL (PLT-3)."""
    url = os.environ.get("ZHIKE_DATABASE_URL") or f"sqlite:///{DATA / 'zhike.sqlite3'}"
    try:
        config = dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)
    except (ValueError, dj_database_url.ParseError) as error:
        raise ImproperlyConfigured(f"ZHIKE_DATABASE_URL: {error}") from None
    if config["ENGINE"].endswith("sqlite3"):
        # One writer at a time: a transaction takes the write lock when it begins, so that two can never deadlock on upgrading.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
            " PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;",
        }
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = os.environ.get("ZHIKE_LANGUAGE", "zh-hans")
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
TIME_ZONE = os.environ.get("ZHIKE_TIME_ZONE", "Asia/Shanghai")
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [("vendor", ROOT / "node_modules")] if (ROOT / "node_modules").exists() else []
MEDIA_ROOT = DATA / "files"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
