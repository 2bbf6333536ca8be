"""The furniture of pages. Small signs are functions of `kit.format`; what has a body is a block, drawn by `ui/`.

Inside a block, `{% slot "end" %}…{% endslot %}` fills a named place of it (card and dialog say which).
"""

from html import escape
from typing import Any

from django import template
from django.template.base import token_kwargs
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from zhike.kit import format as fmt
from zhike.kit.addresses import address_of

register = template.Library()

SLOTS = "zk_slots"


class BlockNode(template.Node):
    """`{% name arg key=value %}content{% endname %}` drawn by `ui/<name>.html`."""

    def __init__(self, name: str, nodes: template.NodeList, values: dict[str, Any]):
        self.name, self.nodelist, self.values = name, nodes, values

    def render(self, context):
        outer, slots = context.render_context.get(SLOTS), {}
        context.render_context[SLOTS] = slots
        try:
            content = self.nodelist.render(context)
        finally:
            context.render_context[SLOTS] = outer
        values = {name: value.resolve(context) for name, value in self.values.items()}
        shown = {"csrf_token": context.get("csrf_token"), **values, "slots": slots, "content": content}
        return render_to_string(f"ui/{self.name}.html", shown)


def block(name: str, *names: str) -> None:
    """Make a block tag known. `names` are its arguments in order; each may also be given by name."""

    def parse(parser, token):
        bits, values = token.split_contents()[1:], {}
        for place, bit in enumerate(bits):
            named = token_kwargs([bit], parser)
            if named:
                values |= named
            elif place < len(names):
                values[names[place]] = parser.compile_filter(bit)
        if unknown := set(values) - set(names):
            raise template.TemplateSyntaxError(f"{{% {name} %}} takes {', '.join(names)}; not {', '.join(unknown)}")
        nodes = parser.parse((f"end{name}",))
        parser.delete_first_token()
        return BlockNode(name, nodes, values)

    register.tag(name, parse)


block("card", "title", "sub", "tone", "flush", "id")  # slots: end (buttons in the head), foot
block("stats", "label", "columns", "bare")
# slots: foot (instead of the buttons), start
block("dialog", "title", "action", "submit", "danger", "wide", "busy", "log")
block("drawer", "title", "url")  # slots: foot
block("menu", "label", "icon", "end", "cls", "name")
block("tabs", "label")
block("props", "cls")
block("entry", "icon", "tone", "when", "sub", "id")  # slots: head
block("note", "tone", "icon")  # slots: end
block("nothing", "title", "icon", "text")
block("pager", "previous", "next", "place")


@register.simple_block_tag(takes_context=True)
def slot(context, content, name):
    """Fill a named place of the block around."""
    slots = context.render_context.get(SLOTS)
    if slots is None:
        raise template.TemplateSyntaxError("{% slot %} stands inside a block such as {% card %}")
    slots[name] = content
    return ""


class AddressNode(URLNode):
    """`{% url %}` as Django has it, from addresses worked out before."""

    def render(self, context):
        if self.kwargs or self.asvar:
            return super().render(context)
        found = address_of(self.view_name.resolve(context), *(arg.resolve(context) for arg in self.args))
        return escape(found) if context.autoescape else found


@register.tag
def url(parser, token):
    """{% url "customers:customer_page" customer.pk %}"""
    node = parse_url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)


# Signs: tags of the functions that list cells use too.
for name in (
    "grade",
    "tier",
    "meter",
    "money",
    "money_full",
    "number",
    "day",
    "plain_day",
    "moment",
    "clock",
    "heading",
):
    register.simple_tag(getattr(fmt, name), name=name)
for name in (
    "money",
    "money_full",
    "number",
    "day",
    "plain_day",
    "moment",
    "clock",
    "heading",
    "short_money",
    "percent",
):
    register.filter(name, getattr(fmt, name))


@register.filter
def styles(names):
    """The addresses of our stylesheets."""
    return [static(f"zk/css/{name}.css") for name in names.split()]


@register.simple_tag(takes_context=True)
def frame(context, template, *depends):
    """A part of the frame around every page; drawn once for what it depends on (`Shell.part`)."""
    if shell := context.get("shell"):
        return shell.part(template, *depends)
    return render_to_string(template)


@register.simple_tag
def sprite():
    """The address of the icon sprite, for scripts."""
    return fmt.sprite_url()


@register.simple_tag
def icon(name, cls=""):
    """{% icon "phone" "sm" %}"""
    return fmt.icon(name, cls)


@register.simple_tag
def badge(text, tone="mute", icon="", cls=""):
    """{% badge _("Overdue") "bad" %}"""
    return fmt.badge(text, tone, icon, cls)


@register.simple_tag
def avatar(person, size=""):
    """A colleague's face; nothing where there is nobody."""
    return fmt.avatar(person.pk, str(person), size) if person else ""


@register.simple_tag
def who(person, size="", text=""):
    """A colleague's face and name; `text` where there is nobody."""
    if person:
        return fmt.who(person.pk, str(person), size)
    return format_html('<span class="mut">{}</span>', text or "—")


@register.inclusion_tag("ui/stat.html")
def stat(label, value, unit="", note="", url="", tone="", share=None, pace=None):
    """A key figure; `share` and `pace` (percent) add a bar with a mark where one should be today."""
    return {"label": label, "value": value, "unit": unit, "note": note, "url": url, "tone": tone,
            "share": share, "pace": pace}  # fmt: skip


@register.inclusion_tag("ui/chip.html")
def chip(text, key="", remove="", url="", on=False, icon=""):
    """A filter condition: `remove` is the address without it; `url` makes the whole chip a choice."""
    return {"text": text, "key": key, "remove": remove, "url": url, "on": on, "icon": icon}


@register.inclusion_tag("ui/tab.html")
def tab(label, url, current=False, count=None, tone="", icon=""):
    """A tab inside {% tabs %}: a link."""
    return {"label": label, "url": url, "current": current, "count": count, "tone": tone, "icon": icon}


@register.simple_tag
def prop(label, value, cls=""):
    """A fact inside {% props %}; a dash where there is none."""
    shown = fmt.EMPTY if value in (None, "") else conditional_escape(value)
    return format_html('<dt>{}</dt><dd class="{}">{}</dd>', label, cls, shown)


@register.inclusion_tag("ui/steps.html")
def steps(*labels, at=1):
    """A wizard's steps; `at` counts from 1."""
    states = [{"label": label, "number": n, "done": n < at, "now": n == at} for n, label in enumerate(labels, 1)]
    return {"steps": states}


@register.inclusion_tag("ui/progress.html")
def progress(done, total=100, label="", tone=""):
    """How far a job is."""
    share = 100 * done / total if total else 0
    return {"share": round(share), "label": label, "tone": tone}


@register.inclusion_tag("ui/field.html")
def field(bound, wide=None, label=None, hint=None, cls=""):
    """A form field with label, control, help and error; `wide` (or the widget's data-wide) spans both columns."""
    widget = bound.field.widget
    kind = getattr(widget, "input_type", type(widget).__name__.lower())
    several = kind in ("radio", "checkbox") and hasattr(widget, "choices")
    attributes: dict[str, Any] = {}
    described = [f"{bound.auto_id}_hint"] * bool(hint or bound.help_text) + [f"{bound.auto_id}_error"] * bool(
        bound.errors
    )
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    if bound.field.required and not several:
        attributes["aria-required"] = "true"
    if "class" not in widget.attrs and not several:
        attributes["class"] = {"checkbox": "chk-c"}.get(kind, "inp")
    if wide is None:
        wide = kind == "textarea" or "data-wide" in widget.attrs
    return {
        "bound": bound, "control": bound.as_widget(attrs=attributes), "kind": kind, "several": several, "wide": wide,
        "label": label if label is not None else bound.label, "hint": hint or bound.help_text, "cls": cls,
    }  # fmt: skip


@register.inclusion_tag("ui/form_errors.html")
def form_errors(form):
    """What is wrong, at the head of a form: its own messages, and links to the fields with errors."""
    return {"head": form.non_field_errors(), "fields": [f for f in form if f.errors and not f.is_hidden],
            "hidden": [f for f in form.hidden_fields() if f.errors]}  # fmt: skip


@register.simple_tag
def key_caps(keys: str) -> SafeString:
    """Keyboard keys: {% key_caps "g c" %}."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((k,) for k in keys.split())) if keys else mark_safe("")
