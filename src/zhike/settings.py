"""All settings, from the environment (or `.env`); a bad one stops the start with a line that names it (CONTRACT.md)."""

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from zhike import environment

ROOT = environment.ROOT
DATA = environment.data_folder()
SECRET_KEY = environment.secret_key(DATA)
DEBUG = False
ALLOWED_HOSTS = environment.allowed_hosts()
WORKERS = environment.whole_number("ZHIKE_WORKERS", 1, 1, 32)  # processes that do background jobs
WEB_THREADS = environment.whole_number("ZHIKE_WEB_THREADS", 8, 1, 64)  # requests answered at the same time
UPLOAD_LIMIT = environment.whole_number("ZHIKE_UPLOAD_MB", 100, 1, 2048) * 1024 * 1024  # bytes, of one request

INSTALLED_APPS = [
    "zhike.api",
    "zhike.mail",
    "zhike.activities",
    "zhike.automation",
    "zhike.contracts",
    "zhike.sales",
    "zhike.customers",
    "zhike.channels",
    "zhike.org",
    "zhike.records",
    "zhike.kit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
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
    "zhike.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "zhike.kit.middleware.CompressedPages",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "zhike.kit.middleware.SamePerson",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "zhike.kit.middleware.SignInRequired",
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
            "builtins": [
                "zhike.kit.templatetags.ui",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "template_partials.templatetags.partials",
            ],
        },
    }
]


DATABASES = {"default": {**environment.database(DATA), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # One writer at a time: a transaction takes the write lock as it begins, so two can never deadlock on upgrading.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
        " PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;",
    }
else:
    # Pages ask for few rows, by indexes that lie in memory: compiling a query or starting processes for it costs more
    # than it saves. `?options=` in the address of the database says otherwise.
    OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
    OPTIONS.setdefault("options", "-c random_page_cost=1.1 -c jit=off -c max_parallel_workers_per_gather=0")
    OPTIONS.setdefault("prepare_threshold", 5)  # questions as pages ask them are planned once (`records/statements.py`)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = environment.language()
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
TIME_ZONE = environment.time_zone()
USE_I18N = USE_TZ = True

# Files: ours are built into build/static at set-up; what people upload is never served by its address (PLT-5).
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "build" / "static"
STATICFILES_DIRS = [ROOT / "build" / "assets"] if (ROOT / "build" / "assets").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "zhike.kit.staticfiles.HashedStaticFiles"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_ROOT = DATA / "files"
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

globals().update(environment.email())
DEFAULT_FROM_EMAIL = environment.text("ZHIKE_EMAIL_FROM", "zhike@localhost")

EMAIL_TIMEOUT = 20  # seconds for one step of talking to the mail server
# What goes out to addresses people type in: nothing inside the house, but for what this names.
OUTGOING_NAMES, OUTGOING_NETWORKS = environment.outgoing()

# --- Sign-in: hashing here; everything about allauth in this block.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "MinimumLengthValidator",
        "UserAttributeSimilarityValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Usernames are unique without regard to case, by a constraint that Django does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
SESSION_COOKIE_AGE = 14 * 24 * 3600  # seconds; without "remember me" a session ends with the browser
# Counts of failed sign-ins live in the web process; room enough that none is dropped before its time.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}}}
ACCOUNT_ADAPTER = "zhike.org.signin.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,5/10m/key"}  # five wrong passwords lock a name for ten minutes
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "ZhiKe"
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds by which a telephone's clock may be wrong
# --- end of sign-in

# Hardening (PLT-5). TLS ends at a reverse proxy; only when ZHIKE_ORIGINS names its addresses is it believed.
CSRF_TRUSTED_ORIGINS = environment.trusted_origins()
PUBLIC_URL = environment.public_url(CSRF_TRUSTED_ORIGINS)
BEHIND_TLS = bool(CSRF_TRUSTED_ORIGINS) and all(o.startswith("https://") for o in CSRF_TRUSTED_ORIGINS)
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_TLS else 0  # whose address counts when sign-ins fail
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS  # browsers allow it for localhost only
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if BEHIND_TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{process}] {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "level": "WARNING"},
        # Reopens after the supervisor has moved a full file away; several processes write to it.
        "file": {
            "class": "logging.handlers.WatchedFileHandler",
            "filename": DATA / "logs" / "zhike.log",
            "delay": True,
            "encoding": "utf-8",
            "formatter": "line",
        },
    },
    "root": {"handlers": ["stderr", "file"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        "fontTools": {"level": "WARNING"},
        "_granian": {"handlers": [], "propagate": True, "level": "ERROR"},
    },
}
(DATA / "logs").mkdir(exist_ok=True)
