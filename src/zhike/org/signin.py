"""How allauth signs people in: nobody signs up, failures are noted, passwords are set by an action (PLT-5)."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse

from zhike.kit.viewer import viewer_of
from zhike.org import actions
from zhike.org.models import Person
from zhike.org.viewers import the_system

logger = logging.getLogger("zhike.signin")


class Adapter(DefaultAccountAdapter):
    """Ours differ from allauth's ways in six points."""

    def is_open_for_signup(self, request):
        """Colleagues are added by an administrator."""
        return False

    def render_mail(self, template_prefix, email, context, headers=None):
        """Letters say that a machine wrote them, so that none answers (RFC 3834)."""
        return super().render_mail(
            template_prefix, email, context, {"Auto-Submitted": "auto-generated", **(headers or {})}
        )

    def set_password(self, user, password):
        """A new password, by the person themselves: signed in, or with a link from an e-mail."""
        actions.set_own_password(user, by=viewer_of(user.pk), password=password)

    def get_password_change_redirect_url(self, request):
        """Who had to change it can start now; others came from their account."""
        return "/" if request.viewer.person.must_change_password else reverse("org:profile")

    def pre_authenticate(self, request, **credentials):
        """Refuse names and addresses that failed too often; the refusal is noted too."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._note(request, credentials, "locked")
            raise

    def authentication_failed(self, request, **credentials):
        """Note a failed sign-in with the account it was tried on."""
        self._note(request, credentials, "failed")

    def _note(self, request, credentials, why):
        name = credentials.get("username") or credentials.get("email") or ""
        address = self.get_client_ip(request)
        logger.warning("sign-in %s: name %.60r from %s", why, name, address)
        # The name may be long or hold anything; only what could be a name is looked up.
        if 0 < len(name) <= 254 and "\x00" not in name:
            person = Person.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).first()
            if person is not None:
                actions.note_sign_in_failure(person, by=the_system(), why=why, address=address)
