"""Where entries of a calendar stand, by rules that hold for any day (ACT-5)."""

from hypothesis import given
from hypothesis import strategies as st

from zhike.activities.calendar_grid import free_times, hours_shown, lay_out


@st.composite
def spans(draw):
    begins = st.integers(0, 1439)
    return [(begin, begin + draw(st.integers(1, 1440 - begin))) for begin in draw(st.lists(begins, max_size=25))]


def overlap(a, b):
    return a[0] < b[1] and b[0] < a[1]


@given(spans())
def test_ACT_5_nothing_lies_over_anything_else_and_everything_has_its_place(entries):
    places = lay_out(entries)
    assert len(places) == len(entries)
    for n, (one, here) in enumerate(zip(entries, places, strict=True)):
        assert 0 <= here.column < here.column + here.width <= here.columns
        for other, there in zip(entries[:n], places[:n], strict=True):
            if overlap(one, other):
                taken = range(here.column, here.column + here.width)
                assert not set(taken) & set(range(there.column, there.column + there.width))
                assert here.columns == there.columns


@given(spans())
def test_ACT_5_columns_are_as_few_as_entries_at_the_same_time(entries):
    places = lay_out(entries)
    for one, place in zip(entries, places, strict=True):
        together, grown = {one}, True
        while grown:  # all that hang together with it by overlapping
            more = {other for other in entries if any(overlap(other, known) for known in together)}
            grown = not more <= together
            together |= more
        most = max(sum(begin <= at < end for begin, end in entries) for at, _end in together)
        assert place.columns == most


@given(spans())
def test_ACT_5_an_entry_widens_until_something_is_in_its_way(entries):
    places = lay_out(entries)
    for one, place in zip(entries, places, strict=True):
        right = place.column + place.width
        if right < place.columns:
            assert any(
                overlap(one, other) and there.column <= right < there.column + there.width
                for other, there in zip(entries, places, strict=True)
            )


def test_ACT_5_three_at_once_and_one_alone():
    places = lay_out([(540, 600), (540, 660), (570, 600), (660, 720)])
    assert [(p.column, p.width, p.columns) for p in places] == [(1, 1, 3), (0, 1, 3), (2, 1, 3), (0, 1, 1)]


def test_ACT_5_the_usual_day_is_shown_and_widened_for_what_lies_outside():
    assert hours_shown([]) == (8, 20)
    assert hours_shown([(370, 400), (1230, 1290)]) == (6, 22)


@given(spans(), st.sampled_from([30, 60, 90]), st.integers(0, 1440))
def test_ACT_3_what_is_offered_is_free_in_working_hours_and_not_over(busy, minutes, after):
    hours = [(540, 720), (810, 1080)]
    for at in free_times(busy, hours, minutes, after):
        assert at >= after and at % 30 == 0
        assert any(begin <= at and at + minutes <= end for begin, end in hours)
        assert not any(overlap((at, at + minutes), block) for block in busy)


def test_ACT_3_what_is_free_is_offered():
    assert free_times([(540, 630), (660, 720)], [(540, 720)], 30) == [630]
    assert free_times([], [(540, 720)], 60, after=590) == [600, 630, 660]
