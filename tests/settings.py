"""The product's settings for tests: data in a folder of this process, fast hashing, static files as they lie."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = tempfile.mkdtemp(prefix="zhike-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["ZHIKE_DATA"] = _folder
os.environ.setdefault("ZHIKE_SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests")

from zhike.settings import *  # noqa: E402, F403
from zhike.settings import DATABASES, LOGGING, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that threads and processes meet the real locks; losing it in a power cut matters to nobody.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_folder) / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING = {**LOGGING, "root": {"handlers": ["stderr"], "level": "ERROR"}}
