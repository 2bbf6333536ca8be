"""Settings: a bad one stops the start with one line that names it (CONTRACT), and pages are hardened (PLT-5)."""

import os
import re
import subprocess
import sys

import pytest

from zhike import environment

BAD = [
    ("ZHIKE_ALLOWED_HOSTS", "https://crm.example.cn"),
    ("ZHIKE_ALLOWED_HOSTS", "crm.example.cn:8000"),
    ("ZHIKE_DATABASE_URL", "mysql://user@host/name"),
    ("ZHIKE_DATABASE_URL", "nonsense"),
    ("ZHIKE_DATABASE_URL", "postgres://host:99999999/name"),
    ("ZHIKE_DATABASE_URL", "sqlite:////no/such/folder/x.sqlite3"),
    ("ZHIKE_DATA", "/proc/nothing-here"),
    ("ZHIKE_EMAIL_URL", "carrier-pigeon://host"),
    ("ZHIKE_EMAIL_URL", "smtp://"),
    ("ZHIKE_LANGUAGE", "klingon"),
    ("ZHIKE_ORIGINS", "crm.example.cn"),
    ("ZHIKE_SECRET_KEY", "short"),
    ("ZHIKE_TIME_ZONE", "Asia/Atlantis"),
    ("ZHIKE_UPLOAD_MB", "lots"),
    ("ZHIKE_WEB_THREADS", "0"),
    ("ZHIKE_WORKERS", "-1"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_point_1_a_bad_setting_is_one_line_that_names_it(name, value, tmp_path):
    own = {key: text for key, text in os.environ.items() if not key.startswith(("ZHIKE_", "DJANGO_"))}
    own |= {"ZHIKE_DATA": str(tmp_path), name: value}
    command = [sys.executable, "-m", "zhike", "manage", "check"]
    done = subprocess.run(command, env=own, capture_output=True, text=True, cwd=environment.PACKAGE.parent)
    assert done.returncode == 2
    assert re.fullmatch(rf"zhike: {name}: [^\n]+\n", done.stderr), done.stderr


def test_point_1_settings_are_read_as_documented(monkeypatch, tmp_path):
    monkeypatch.setenv("ZHIKE_DATABASE_URL", "postgres://u:p%40ss@db.example:5433/crm?sslmode=require")
    config = environment.database(tmp_path)
    assert (config["USER"], config["PASSWORD"], config["HOST"], config["PORT"]) == ("u", "p@ss", "db.example", 5433)
    assert config["NAME"] == "crm" and config["OPTIONS"] == {"sslmode": "require"}
    monkeypatch.setenv("ZHIKE_EMAIL_URL", "smtp+ssl://crm%40example.cn:secret@smtp.example.cn:465")
    mail = environment.email()
    assert (mail["EMAIL_HOST"], mail["EMAIL_PORT"], mail["EMAIL_USE_SSL"]) == ("smtp.example.cn", 465, True)
    assert (mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]) == ("crm@example.cn", "secret")
    monkeypatch.setenv("ZHIKE_ALLOWED_HOSTS", "crm.example.cn, .example.com,[::1]")
    assert environment.allowed_hosts() == ["crm.example.cn", ".example.com", "[::1]"]


def test_point_1_the_secret_key_is_made_once_and_readable_by_its_owner_only(monkeypatch, tmp_path):
    monkeypatch.delenv("ZHIKE_SECRET_KEY", raising=False)
    key = environment.secret_key(tmp_path)
    assert len(key) > 50 and environment.secret_key(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.django_db
def test_PLT_5_pages_carry_the_security_headers(client):
    headers = client.get("/accounts/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers  # only a proxy that ends TLS may promise that


def test_PLT_5_behind_tls_cookies_and_transport_are_strict(tmp_path):
    code = "from zhike import settings as s;"
    code += "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0)"
    own = {**os.environ, "ZHIKE_DATA": str(tmp_path), "ZHIKE_ORIGINS": "https://crm.example.cn"}
    del own["DJANGO_SETTINGS_MODULE"]
    assert subprocess.check_output([sys.executable, "-c", code], env=own, text=True).split() == ["True"] * 3


def test_PLT_5_passwords_are_kept_by_argon2():
    from zhike import settings

    assert "Argon2" in settings.PASSWORD_HASHERS[0]
