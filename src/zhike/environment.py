"""The environment of this installation: where it lives, and its ZHIKE_* settings, each checked (CONTRACT.md).

Every reader raises `BadSetting` with one line that names the variable; nothing here needs Django to be set up.
"""

import contextlib
import ipaddress
import os
import re
import secrets
import warnings
import zoneinfo
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

PACKAGE = Path(__file__).resolve().parent
# The checkout; an installed wheel has none and uses the current folder.
ROOT = next((folder for folder in PACKAGE.parents if (folder / "pyproject.toml").exists()), Path.cwd())
ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}
LANGUAGES = ["zh-hans", "en"]

if (ROOT / ".env").is_file():
    environ.Env.read_env(ROOT / ".env")


class BadSetting(ImproperlyConfigured):
    """A ZHIKE_* variable has a value that cannot be used."""

    def __init__(self, name: str, why: str):
        super().__init__(f"{name}: {why}")


def text(name: str, default: str = "") -> str:
    """The value of a variable, stripped; empty counts as unset."""
    return os.environ.get(name, "").strip() or default


def whole_number(name: str, default: int, low: int, high: int) -> int:
    """A whole number between two limits, both included."""
    value = text(name, str(default))
    if not (re.fullmatch(r"[0-9]{1,9}", value) and low <= int(value) <= high):
        raise BadSetting(name, f"must be a whole number from {low} to {high}, not {value!r}")
    return int(value)


def flag(name: str, default: bool) -> bool:
    """Yes or no."""
    value = text(name, "yes" if default else "no").lower()
    if value not in {"1", "yes", "true", "on", "0", "no", "false", "off"}:
        raise BadSetting(name, f"must be yes or no, not {value!r}")
    return value in {"1", "yes", "true", "on"}


def data_folder() -> Path:
    """ZHIKE_DATA: the folder of the SQLite file, uploads and logs; made when absent."""
    folder = Path(text("ZHIKE_DATA") or ROOT / "var").expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("ZHIKE_DATA", f"cannot use the folder {folder}: {error.strerror}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadSetting("ZHIKE_DATA", f"cannot write to the folder {folder}")
    return folder


def database(data: Path) -> dict:
    """ZHIKE_DATABASE_URL as Django's connection settings; SQLite in the data folder when unset (PLT-3)."""
    name = "ZHIKE_DATABASE_URL"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            config = environ.Env.db_url_config(text(name, f"sqlite:///{data / 'zhike.sqlite3'}"))
        except (ValueError, KeyError, ImproperlyConfigured) as error:
            raise BadSetting(name, str(error))
    if config.get("ENGINE") not in ENGINES or not config.get("NAME"):
        raise BadSetting(name, "must be postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:////PATH")
    if config["ENGINE"].endswith("sqlite3") and not Path(config["NAME"]).parent.is_dir():
        raise BadSetting(name, f"the folder of {config['NAME']} does not exist")
    return config


def email() -> dict:
    """ZHIKE_EMAIL_URL as Django's EMAIL_* settings; unset, mail is written to the log instead of being sent."""
    name = "ZHIKE_EMAIL_URL"
    if not text(name):
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    try:
        config = environ.Env.email_url_config(text(name))
    except (ValueError, KeyError, ImproperlyConfigured) as error:
        raise BadSetting(name, str(error))
    if config["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and not config["EMAIL_HOST"]:
        raise BadSetting(name, "must be smtp+tls://USER:PASSWORD@HOST:PORT (or smtp+ssl://, smtp://)")
    return {key: value for key, value in config.items() if key.startswith("EMAIL_") and value not in (None, "")}


def allowed_hosts() -> list[str]:
    """ZHIKE_ALLOWED_HOSTS: the host names this installation answers to, separated by commas; all when unset."""
    hosts = [host.strip() for host in text("ZHIKE_ALLOWED_HOSTS", "*").split(",") if host.strip()]
    for host in hosts:
        if not re.fullmatch(r"\*|\.?[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\]", host):
            raise BadSetting(
                "ZHIKE_ALLOWED_HOSTS", f"must be host names separated by commas, without scheme or port, not {host!r}"
            )
    return hosts


def trusted_origins() -> list[str]:
    """ZHIKE_ORIGINS: addresses (https://crm.example.cn) under which a reverse proxy shows this installation."""
    origins = [origin.strip().rstrip("/") for origin in text("ZHIKE_ORIGINS").split(",") if origin.strip()]
    for origin in origins:
        if not re.fullmatch(r"https?://[A-Za-z0-9.*\[\]:-]+", origin):
            raise BadSetting("ZHIKE_ORIGINS", f"must be addresses such as https://crm.example.cn, not {origin!r}")
    return origins


def outgoing() -> tuple[frozenset[str], list]:
    """ZHIKE_OUTGOING_ALLOW: names and networks inside the house that webhooks and robots may reach all the same."""
    names, networks = set(), []
    for word in text("ZHIKE_OUTGOING_ALLOW").replace(",", " ").split():
        try:
            networks.append(ipaddress.ip_network(word))
        except ValueError:
            if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z])?", word):
                raise BadSetting(
                    "ZHIKE_OUTGOING_ALLOW", f"must be host names or networks such as 10.1.0.0/16, not {word!r}"
                )
            names.add(word.lower())
    return frozenset(names), networks


def public_url(origins: list[str]) -> str:
    """ZHIKE_URL: where people open this installation, for links in letters; else the first of ZHIKE_ORIGINS."""
    address = text("ZHIKE_URL", next((origin for origin in origins if "*" not in origin), "")).rstrip("/")
    if address and not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+", address):
        raise BadSetting("ZHIKE_URL", f"must be an address such as https://crm.example.cn, not {address!r}")
    return address


def time_zone() -> str:
    """ZHIKE_TIME_ZONE: the company's time zone, as in the IANA list."""
    name = text("ZHIKE_TIME_ZONE", "Asia/Shanghai")
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting("ZHIKE_TIME_ZONE", f"no such time zone: {name!r} (such as Asia/Shanghai)")
    return name


def language() -> str:
    """ZHIKE_LANGUAGE: what people see who have not chosen a language."""
    code = text("ZHIKE_LANGUAGE", "zh-hans").lower()
    if code not in LANGUAGES:
        raise BadSetting("ZHIKE_LANGUAGE", f"must be one of {', '.join(LANGUAGES)}, not {code!r}")
    return code


def secret_key(data: Path) -> str:
    """ZHIKE_SECRET_KEY, or one made once and kept in the data folder, readable by its owner only."""
    if key := text("ZHIKE_SECRET_KEY"):
        if len(key) < 32:
            raise BadSetting("ZHIKE_SECRET_KEY", "must have at least 32 characters")
        return key
    path = data / "secret_key"
    if not path.exists():
        draft = data / f"secret_key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
