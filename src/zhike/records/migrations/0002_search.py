"""The table of the search index: FTS5 on SQLite, a tsvector on PostgreSQL (see `records.search.store`)."""

from django.db import migrations

from zhike.records.search import store


def make(apps, schema_editor):
    store.create_table()


def drop(apps, schema_editor):
    store.drop_table()


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
