"""The frame around pages is drawn once and kept; what it shows is never that of another person, page or day."""

from zhike.kit.actions import acting
from zhike.org.models import Department
from zhike.org.viewers import the_system
from zhike.records.models import InboxItem


def page_of(client, path="/customers/"):
    return client.get(path).content.decode()


def test_ORG_1_a_new_name_of_the_company_and_of_a_person_stands_in_every_frame_at_once(company, sign_in):
    client = sign_in(company.li_na)
    assert "新名字" not in page_of(client)
    with acting(the_system(), "test"):
        top = Department.objects.get(parent=None)
        top.name = "新名字公司"
        top.save()
        company.li_na.name = "李新名字"
        company.li_na.save()
    after = page_of(client)
    assert "新名字公司" in after and "<b>李新名字</b>" in after


def test_ORG_3_a_role_taken_away_takes_its_entries_out_of_the_frame(company, sign_in):
    client = sign_in(company.admin)
    assert "/settings/people/" in page_of(client, "/settings/people/")
    with acting(the_system(), "test"):
        company.admin.promise("roles", [company.roles["read_only"].pk])
        company.admin.save()
    assert "/settings/" not in page_of(client)


def test_each_page_marks_its_own_place_and_counts_what_is_unread(company, sign_in):
    client = sign_in(company.li_na)
    for path in ("/customers/", "/contacts/", "/customers/"):
        marked = [part for part in page_of(client, path).split("<a ") if 'aria-current="page"' in part.split(">")[0]]
        assert marked and all(f'href="{path}' in part or "?" in part.split(">")[0] for part in marked)
    assert 'class="n hot" data-unread hidden>0<' in page_of(client)
    InboxItem.objects.create(person=company.li_na, text="x", url="/")
    assert 'class="n hot" data-unread>1<' in page_of(client)


def test_two_people_with_the_same_role_have_frames_of_their_own(company, sign_in):
    first, second = page_of(sign_in(company.li_na)), page_of(sign_in(company.lead_east))
    assert company.li_na.name in first and company.lead_east.name in second
    assert f"<b>{company.li_na.name}</b>" not in second and f"<b>{company.lead_east.name}</b>" not in first
