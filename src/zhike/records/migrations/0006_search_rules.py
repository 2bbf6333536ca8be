"""By which rules the documents of the search index were written; the background writes earlier ones anew."""

from django.db import migrations

from zhike.records.search import store, version


def note(apps, schema_editor):
    if store.is_empty():  # nothing was written by earlier rules
        sequence = apps.get_model("records", "NumberSequence")
        sequence.objects.update_or_create(key=version.KEY, defaults={"last": version.RULES})


class Migration(migrations.Migration):
    dependencies = [("records", "0005_message_kinds")]
    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
