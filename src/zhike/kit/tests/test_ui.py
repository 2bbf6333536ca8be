"""The tags of pages: blocks with slots, fields with labels and errors, the frame with its navigation."""

from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils.translation import override

from zhike.kit.context import Shell
from zhike.kit.registry import Registry


def draw(source, **context):
    with override("en"):
        return Template(source).render(Context(context))


def test_slots_belong_to_the_block_they_stand_in():
    page = draw(
        '{% card "Outer" %}{% slot "end" %}<b>outer</b>{% endslot %}'
        '{% card "Inner" %}{% slot "end" %}<i>inner</i>{% endslot %}x{% endcard %}{% endcard %}'
    )
    outer, inner = page.split("Inner", 1)
    assert "<b>outer</b>" in outer and "<i>inner</i>" not in outer and "<i>inner</i>" in inner


def test_blocks_say_which_arguments_they_take():
    with pytest.raises(TemplateSyntaxError, match="titel"):
        draw('{% card titel="x" %}{% endcard %}')
    with pytest.raises(TemplateSyntaxError, match="slot"):
        draw('{% slot "end" %}{% endslot %}')


def test_what_blocks_are_given_is_escaped():
    page = draw(
        "{% card title sub=title %}{% endcard %}{% nothing title text=title %}{% endnothing %}", title="<script>"
    )
    assert "<script>" not in page and page.count("&lt;script&gt;") >= 4


class Shape(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the licence")
    ways = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple, required=False)
    note = forms.CharField(widget=forms.Textarea, required=False)
    agree = forms.BooleanField(required=False, label="I agree")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


def test_a_field_ties_label_help_and_error_to_its_control():
    page = draw(
        "{% form_errors form %}{% for f in form %}{% field f %}{% endfor %}", form=Shape({"name": "", "version": "x"})
    )
    assert '<label for="id_name" class="req">Name</label>' in page
    assert 'aria-describedby="id_name_hint id_name_error"' in page and 'aria-invalid="true"' in page
    assert 'id="id_name_hint">As on the licence' in page and 'id="id_name_error"' in page
    assert 'href="#id_name"' in page and 'role="alert"' in page
    assert "<fieldset" in page and "<legend>Ways</legend>" in page
    assert 'class="field wide"' in page  # the text area
    assert "Enter a whole number." in page  # of the hidden field, at the head


def test_a_dialog_is_a_form_that_replaces_itself():
    page = draw('{% dialog "Assign" action="/x/" submit="Go" danger=True %}body{% enddialog %}', csrf_token="token")
    assert 'hx-post="/x/"' in page and 'hx-target="this"' in page and 'value="token"' in page and "danger solid" in page


def test_a_stat_shows_an_amount_in_its_note_and_plainly_on_hover():
    page = draw('{% stat "Total" "30" note=amount|money_full %}', amount=Decimal("300000"))
    assert 'title="¥ 300,000.00"' in page and '<span class="tnum nw">¥ 300,000.00</span></span>' in page


def test_figures_show_share_and_pace():
    page = draw('{% stat "Signed" "86.4" unit="/ 120" share=72 pace=77 tone="warn" url="/x/" %}')
    assert 'data-v="72"' in page and 'data-p="77"' in page and 'aria-label="72% done, 77% of the time gone"' in page


class Everyone:
    person_id, person = 1, "Li Na"

    def can(self, verb):
        return verb != "sales.view"


@pytest.fixture
def shell(monkeypatch):
    places = Registry()
    places.add("main", "sign", "Sign in", url_name="account_login", group="sales", order=2, icon="lock")
    places.add("main", "first", "Sign out", url_name="account_logout", group="home", order=1, badge=lambda viewer: 4)
    places.add("main", "later", "Not written yet", url_name="nowhere:page", group="sales")
    places.add("main", "hidden", "Not for them", url_name="account_login", group="sales", verb="sales.view")
    monkeypatch.setattr("zhike.kit.context.menu", places)
    request = RequestFactory().get("/accounts/login/")
    request.viewer = Everyone()
    return Shell(request)


def test_navigation_lists_what_exists_and_is_allowed(shell):
    assert [[e["key"] for e in group["entries"]] for group in shell.groups] == [["first"], ["sign"]]
    assert shell.entries[0]["count"] == 4
    assert [e["current"] for e in shell.entries] == [False, True]
    assert [e["key"] for e in shell.phone] == ["first", "sign"]


def test_nobody_signed_in_has_no_navigation():
    assert Shell(RequestFactory().get("/")).groups == []


@pytest.mark.parametrize(
    "name", ["400.html", "403.html", "404.html", "409.html", "500.html", "403_csrf.html", "refused.html"]
)
def test_error_pages_can_be_drawn_without_a_request(name):
    from django.template.loader import render_to_string

    assert "<h1>" in render_to_string(name, {"text": "x"})
