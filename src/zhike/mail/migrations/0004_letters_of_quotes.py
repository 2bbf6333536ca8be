"""The letters by which quotes were sent before `mail` did it become letters of the record; then their table goes."""

import hashlib
from email.utils import parseaddr

from django.conf import settings
from django.db import migrations, models
from django.db.migrations.state import StateApps
from django.utils.translation import gettext as _

TABLE = "sales_quotesending"


def sending_model():
    """The table as sales 0013 left it, for reading and dropping: its model is gone from the state of the apps."""

    class QuoteSending(models.Model):
        quote_id = models.BigIntegerField()
        person_id = models.BigIntegerField()
        to = models.EmailField()
        subject = models.CharField(max_length=200)
        text = models.TextField()
        status = models.CharField(max_length=8)
        error = models.CharField(max_length=300, blank=True)
        key = models.CharField(max_length=80, null=True)
        created_at = models.DateTimeField()
        sent_at = models.DateTimeField(null=True)

        class Meta:
            app_label, db_table, apps = "sales", TABLE, StateApps([], {})

    return QuoteSending


def copy(apps, schema_editor):
    connection = schema_editor.connection
    if TABLE not in connection.introspection.table_names():  # dropped by an early form of sales 0014
        return
    sending, letter = sending_model(), apps.get_model("mail", "Letter")
    quotes = apps.get_model("sales", "Quote").objects.select_related("customer")
    people = apps.get_model("org", "Person").objects
    for row in sending.objects.using(connection.alias).order_by("pk").iterator():
        quote, person = quotes.get(pk=row.quote_id), people.get(pk=row.person_id)
        values = as_letter(row, quote, person)
        found, is_new = letter.objects.get_or_create(message_id=values.pop("message_id"), defaults=values)
        if is_new:
            letter.objects.filter(pk=found.pk).update(created_at=row.created_at, updated_at=values["at"])
            apps.get_model("mail", "LetterBody").objects.create(letter=found, text=row.text)
        elif found.quote_id is None:  # read from the folder of sent mail
            letter.objects.filter(pk=found.pk).update(quote_id=quote.pk)
    connection.check_constraints()
    schema_editor.delete_model(sending)


def as_letter(row, quote, person):
    """What is known of a sending, in the words of a letter; with the Message-ID it went out with."""
    mark = hashlib.sha256(f"{settings.SECRET_KEY}:{row.pk}".encode()).hexdigest()[:24]
    message_id = f"quote-{mark}@zhike"
    status = {"sending": "unsure", "sent": "sent"}.get(row.status, "failed")
    waited = _("It had not gone out when letters with quotes moved to the mailboxes; send the quote anew.")
    return {
        "message_id": message_id,
        "thread": hashlib.sha256(message_id.encode()).hexdigest()[:32],
        "direction": "out",
        "status": status,
        "error": waited if row.status == "waiting" else row.error,
        "subject": row.subject,
        "snippet": " ".join(row.text.split())[:200],
        "sender": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "sender_name": person.name or person.username,
        "to": [["", row.to]],
        "customer_id": quote.customer_id,
        "contact_id": quote.contact_id,
        "opportunity_id": quote.opportunity_id,
        "quote_id": quote.pk,
        "owner_id": quote.customer.owner_id or row.person_id,
        "holder_id": row.person_id,
        "sends_quote": status == "sent",
        "at": row.sent_at or row.created_at,
    }


def back(apps, schema_editor):
    """The letters stay letters; the table comes back empty for the migrations before."""
    schema_editor.create_model(sending_model())


class Migration(migrations.Migration):
    dependencies = [("mail", "0003_mailbox_of_the_company"), ("sales", "0014_quotes_go_by_mail")]
    operations = [migrations.RunPython(copy, back)]
