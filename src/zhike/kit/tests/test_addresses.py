"""Addresses worked out once are those Django would give."""

import pytest
from django.template import Context, Template
from django.urls import NoReverseMatch, reverse

from zhike.kit.addresses import address_of, known_address


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("customers:customer_list", ()),
        ("customers:customer_page", (7,)),
        ("customers:customer_page", (9223372036854775807,)),
        ("customers:customer_tab", (7, "card")),
        ("records:inline", ("customers", 70, "name")),
    ],
)
def test_an_address_is_what_reverse_gives(name, args):
    assert [address_of(name, *args) for _twice in range(2)] == [reverse(name, args=args)] * 2
    tag = Template("{% url name " + " ".join(f"a{n}" for n in range(len(args))) + " %}")
    shown = tag.render(Context({"name": name, **{f"a{n}": arg for n, arg in enumerate(args)}}))
    assert shown == reverse(name, args=args)


def test_two_records_have_two_addresses():
    assert address_of("customers:customer_page", 1) != address_of("customers:customer_page", 2)


def test_an_unknown_page_is_an_error_or_nothing():
    assert known_address("nowhere:page") is None
    with pytest.raises(NoReverseMatch):
        address_of("nowhere:page")
    with pytest.raises(NoReverseMatch):
        address_of("customers:customer_page", -1)
