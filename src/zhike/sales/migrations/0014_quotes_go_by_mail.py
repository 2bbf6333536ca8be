"""Letters with quotes are letters of the record now; the table stays until `mail` has copied its rows (mail 0004)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sales", "0013_quote_letters")]
    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="QuoteSending")]),
    ]
