"""Jobs of this room."""

import hashlib

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django_tasks import task

from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.sales.actions import keep_forecast
from zhike.sales.models import Quote, QuoteLine, QuoteSending
from zhike.sales.quote_pdf import quote_pdf

Status = QuoteSending.Status
WHY = "the letter somebody with the right to send it has ordered"


@task()
def send_quote_mail(sending_id: int) -> None:
    """Send a quote's letter, at most once: it is claimed, sent, and marked; no transaction is open meanwhile.

    What the mail server refuses is written on the row and raised, so that the worker tries again later. A letter whose
    worker was killed in between may have gone out: it is not sent again by itself, the row says so.
    """
    if _mark(
        sending_id, (Status.SENDING,), Status.FAILED, _("Interrupted; it may have gone out. Ask, then send anew.")
    ):
        return
    if not _mark(sending_id, (Status.WAITING, Status.FAILED), Status.SENDING):
        return
    try:
        letter(QuoteSending.objects.whole_table(WHY).select_related("person").get(pk=sending_id)).send()
    except OSError as error:  # the server is away, or refuses: smtplib's errors are OSErrors
        _mark(sending_id, (Status.SENDING,), Status.FAILED, str(error)[:300])
        raise
    _mark(sending_id, (Status.SENDING,), Status.SENT)


def _mark(sending_id: int, before: tuple[str, ...], after: str, error: str = "") -> bool:
    """Move a sending from one state to another; False where it is in none of the first."""
    sent_at = dates.now() if after == Status.SENT else None
    with acting(the_system(), "send_quote_mail"):
        rows = QuoteSending.objects.whole_table(WHY).filter(pk=sending_id, status__in=before)
        return bool(rows.update(status=after, error=error, sent_at=sent_at))


def letter(sending: QuoteSending) -> EmailMessage:
    """The e-mail of a sending, with the PDF; the same message id each time, so that a repeat can be told."""
    quotes = Quote.objects.whole_table(WHY).select_related("customer", "contact", "owner")
    quote = quotes.get(pk=sending.quote_id)
    lines = list(QuoteLine.objects.whole_table(WHY).filter(quote=quote).order_by("position", "id"))
    mark = hashlib.sha256(f"{settings.SECRET_KEY}:{sending.pk}".encode()).hexdigest()[:24]
    message = EmailMessage(
        sending.subject, sending.text, to=[sending.to], headers={"Message-ID": f"<quote-{mark}@zhike>"},
        reply_to=[sending.person.email] if sending.person.email else None,
    )  # fmt: skip
    name = f"{quote.label or quote.pk}.pdf".replace(" ", "-")
    message.attach(name, quote_pdf(quote, lines), "application/pdf")
    return message


@task()
def keep_forecast_of_month() -> None:
    """Each day: keep this month's forecast, once; a machine that was off on the first catches up."""
    keep_forecast(by=the_system(), month=dates.today().replace(day=1))
