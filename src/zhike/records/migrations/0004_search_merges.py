"""Saves no longer merge the whole search index at once (SQLite; see `records.search.store`)."""

from django.db import migrations

from zhike.records.search import store


def settle(apps, schema_editor):
    store.use_settings()


class Migration(migrations.Migration):
    dependencies = [("records", "0003_import_check")]
    operations = [migrations.RunPython(settle, migrations.RunPython.noop)]
