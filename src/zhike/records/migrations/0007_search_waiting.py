"""On PostgreSQL fewer of the words written last wait beside the index of words, where every search reads them."""

from django.db import migrations

from zhike.records.search import store


def settle(apps, schema_editor):
    store.use_settings()


class Migration(migrations.Migration):
    dependencies = [("records", "0006_search_rules")]
    operations = [migrations.RunPython(settle, migrations.RunPython.noop)]
