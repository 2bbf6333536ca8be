"""How tax treats lines and invoices; what had a rate of 0 counts as exempt (see sales 0015)."""

from django.conf import settings
from django.db import migrations, models


def fill(apps, schema_editor):
    for name in ("ContractLine", "Invoice", "InvoiceLine"):
        apps.get_model("contracts", name).objects.filter(tax_rate=0).update(tax_treatment="exempt")


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0006_cross_sell_and_rewards'),
        ('customers', '0005_contacts_by_address'),
        ('sales', '0015_tax_treatments'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='contractline',
            name='tax_treatment',
            field=models.CharField(choices=[('taxed', 'Taxed'), ('zero', 'Zero rate'), ('exempt', 'Exempt'), ('none', 'Not taxable')], default='taxed', max_length=8, verbose_name='treatment'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='tax_treatment',
            field=models.CharField(choices=[('taxed', 'Taxed'), ('zero', 'Zero rate'), ('exempt', 'Exempt'), ('none', 'Not taxable')], default='taxed', max_length=8, verbose_name='treatment'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='tax_treatment',
            field=models.CharField(choices=[('taxed', 'Taxed'), ('zero', 'Zero rate'), ('exempt', 'Exempt'), ('none', 'Not taxable')], default='taxed', max_length=8, verbose_name='treatment'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='contractline',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate', 0), ('tax_treatment', 'taxed'), _connector='OR'), name='contract_line_untaxed_at_zero', violation_error_message='What is exempt or at zero has a rate of 0.'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate', 0), ('tax_treatment', 'taxed'), _connector='OR'), name='invoice_untaxed_at_zero', violation_error_message='What is exempt or at zero has a rate of 0.'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate', 0), ('tax_treatment', 'taxed'), _connector='OR'), name='invoice_line_untaxed_at_zero', violation_error_message='What is exempt or at zero has a rate of 0.'),
        ),
    ]
