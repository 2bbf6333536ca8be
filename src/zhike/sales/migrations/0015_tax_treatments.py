"""Zero-rated, exempt and not taxable are different things; what had a rate of 0 counts as exempt.

A sale at home without tax is exempt nearly always, and an exempt one claims no refund: read wrongly as exempt, an export
is put right by its invoice; read wrongly as an export, an exempt sale would claim tax back that nobody owes.
"""

import csv
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import migrations, models

RATES = Path(__file__).parent.parent / "data" / "tax_rates.csv"


def fill(apps, schema_editor):
    for name in ("Product", "QuoteLine"):
        apps.get_model("sales", name).objects.filter(tax_rate=0).update(tax_treatment="exempt")
    rates = apps.get_model("sales", "TaxRate").objects
    if rates.exists() and not rates.filter(kind="none").exists():  # an empty table is filled when the system starts
        language = "zh" if settings.LANGUAGE_CODE.startswith("zh") else "en"
        with RATES.open(encoding="utf-8", newline="") as file:
            row = next(row for row in csv.DictReader(file) if row["kind"] == "none")
        rates.create(name=row[language], rate=0, kind="none", valid_from=date.fromisoformat(row["valid_from"]))


class Migration(migrations.Migration):

    dependencies = [
        ('sales', '0014_quotes_go_by_mail'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='taxrate',
            name='tax_rate_of_nothing_is_zero',
        ),
        migrations.AddField(
            model_name='product',
            name='tax_treatment',
            field=models.CharField(choices=[('taxed', 'Taxed'), ('zero', 'Zero rate'), ('exempt', 'Exempt'), ('none', 'Not taxable')], default='taxed', max_length=8, verbose_name='treatment'),
        ),
        migrations.AddField(
            model_name='quoteline',
            name='tax_treatment',
            field=models.CharField(choices=[('taxed', 'Taxed'), ('zero', 'Zero rate'), ('exempt', 'Exempt'), ('none', 'Not taxable')], default='taxed', max_length=8, verbose_name='treatment'),
        ),
        migrations.AlterField(
            model_name='taxrate',
            name='kind',
            field=models.CharField(choices=[('general', 'General method'), ('simple', 'Simplified method'), ('zero', 'Zero rate'), ('exempt', 'Exempt'), ('none', 'Not taxable')], default='general', max_length=8, verbose_name='kind'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate', 0), ('tax_treatment', 'taxed'), _connector='OR'), name='product_untaxed_at_zero', violation_error_message='What is exempt or at zero has a rate of 0.'),
        ),
        migrations.AddConstraint(
            model_name='quoteline',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate', 0), ('tax_treatment', 'taxed'), _connector='OR'), name='quote_line_untaxed_at_zero', violation_error_message='What is exempt or at zero has a rate of 0.'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(('rate', 0), models.Q(('kind__in', ['zero', 'exempt', 'none']), _negated=True), _connector='OR'), name='tax_rate_of_nothing_is_zero', violation_error_message='What is exempt or at zero has a rate of 0.'),
        ),
    ]
