"""Each feature once, on every platform, by the same words. docs/parity.md is made from what comes of these."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.features.conftest import FRIDAY, NEXT_MONDAY, TUESDAY, FeatureCompany
from tests.support.world import local


@pytest.mark.feature("C1")
async def test_one_is_asked_at_ones_own_local_time(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(local(3, 16, 29))  # Berlin; in Lisbon it is an hour less
    assert await company.asked(company.ana) == 0
    await company.lives_until(local(3, 16, 30))
    assert await company.asked(company.ana) == 1


@pytest.mark.feature("C1")
async def test_one_chooses_time_days_and_zone(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.says(company.ana, "zone Kolkata")
    assert "You are asked Wed at 09:00 from now on" in await company.says(company.ana, "time 09:00 Wed")
    await company.lives_until(local(4, 4, 29))
    assert await company.asked(company.ana) == 0
    await company.lives_until(local(4, 4, 30))
    assert await company.asked(company.ana) == 1


@pytest.mark.feature("C2")
async def test_an_answer_is_a_form_and_each_line_of_it_a_piece_of_work(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    saved = await company.answers(
        company.ana, "Annual toggle works #pricing-page 2h\nDatabase copied #eu-hosting, done"
    )
    assert "2 lines for Tuesday 3 March" in saved
    assert "2h" in saved
    assert await company.asked(company.ana) == 0  # it stands where the question stood


@pytest.mark.feature("C2")
async def test_an_answer_may_simply_be_typed(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    saved = await company.says(company.ana, "Annual toggle works 2h\nOffice chairs 30%")
    assert "2 lines for Tuesday 3 March" in saved
    assert "30%" in saved


@pytest.mark.feature("C3")
async def test_an_answer_is_edited_where_it_stands(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    await company.answers(company.ana, "Annual toggle works")
    dialog = await company.presses(company.ana, "Edit")
    assert dialog is not None
    assert dialog.values["words"] == "Annual toggle works"
    assert await company.rig.submit(company.ana, dialog, {"words": "Annual toggle works on phones"}) is None
    await company.cycle.tick()
    shown = [one.words for one in await company.messages(company.ana) if "Annual toggle works on phones" in one.words]
    assert any("Saved" in words for words in shown)


@pytest.mark.feature("C3")
async def test_same_as_last_time_snooze_and_skip_are_one_tap(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    await company.answers(company.ana, "Annual toggle works")
    await company.presses(company.ben, "Skip")
    assert await company.asked(company.ben) == 0
    await company.lives_until(FRIDAY)
    await company.presses(company.ana, "Same as last time")
    assert "Saved" in await company.dm(company.ana)
    assert await company.asked(company.ana) == 0
    assert "I will ask again" in await company.says(company.ben, "snooze 1h")
    await company.lives_until(FRIDAY + timedelta(minutes=61))
    assert await company.asked(company.ben) == 1


@pytest.mark.feature("C4")
async def test_one_reminder_where_one_wants_it_and_none_after_an_answer(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.says(company.ana, "remind 60m")
    await company.says(company.ben, "remind off")
    await company.lives_until(TUESDAY)
    before = len(await company.messages(company.ana)), len(await company.messages(company.ben))
    await company.lives_until(TUESDAY + timedelta(hours=1))
    after = len(await company.messages(company.ana)), len(await company.messages(company.ben))
    assert (after[0] - before[0], after[1] - before[1]) == (1, 0)
    await company.lives_until(local(4, 17))
    assert len(await company.messages(company.ana)) == after[0]


@pytest.mark.feature("C5")
async def test_who_is_away_is_not_asked_and_not_missed(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.says(company.ben, "leave 2026-03-03..2026-03-09")
    await company.lives_until(TUESDAY)
    assert await company.asked(company.ben) == 0
    await company.answers(company.ana, "Annual toggle works #pricing-page")
    await company.lives_until(NEXT_MONDAY)
    (digest,) = [one.words for one in await company.channel(company.ana) if "week of 2 Mar" in one.words]
    assert "1 of 4, 1 away" in digest


@pytest.mark.feature("C7")
async def test_what_is_in_the_way_is_asked_about_until_it_is_gone(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    await company.answers(company.ana, "Annual toggle works", blockers="Waiting for Legal")
    await company.lives_until(FRIDAY)
    questions = [one for one in await company.messages(company.ana) if one.words.startswith("What did you work on")]
    assert "Waiting for Legal" in questions[-1].words
    await company.presses(company.ana, "Out of the way")
    questions = [one for one in await company.messages(company.ana) if one.words.startswith("What did you work on")]
    assert "Waiting for Legal" not in questions[-1].words


@pytest.mark.feature("C8")
async def test_ones_own_weeks(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    await company.answers(company.ana, "Annual toggle works #pricing-page 2h")
    await company.says(company.ana, "mine")
    page = (await company.messages(company.ana))[-1].words
    assert "Week of 2 Mar" in page
    assert "Annual toggle works" in page


@pytest.mark.feature("C10")
async def test_one_tap_says_what_the_day_was_mostly(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    await company.answers(company.ana, "Annual toggle works #pricing-page")
    await company.presses(company.ana, "Mostly firefighting")
    assert "irefighting" in await company.dm(company.ana)


@pytest.mark.feature("G1")
async def test_goals_are_a_tree_with_owners_dates_and_weights(company: FeatureCompany) -> None:
    await company.is_set_up(on=False)
    await company.says(company.ana, 'goals add "Annual plans" under #pricing-page by 30 Jun weight 40 owner @ben')
    await company.says(company.ben, "goals show #annual-plans")
    page = (await company.messages(company.ben))[-1].words
    assert "Ben Okafor" in page
    assert "30 Jun" in page
    assert "40 of 100" in page
    assert "#pricing-page" in page


@pytest.mark.feature("G2")
async def test_a_goal_is_added_by_form_and_what_is_wrong_is_told_at_its_field(
    company: FeatureCompany,
) -> None:
    await company.is_set_up(on=False)
    dialog = await company.commands(company.ana, "goals add")
    assert dialog is not None
    dialog = await company.rig.submit(company.ana, dialog, {"title": "Partner API", "by": "2026-02-30"})
    assert dialog is not None
    assert "2026-02-30" in dialog.errors["by"]
    assert await company.rig.submit(company.ana, dialog, {"title": "Partner API", "by": "30 Jun"}) is None
    assert "Partner API" in await company.says(company.ben, "goals")


@pytest.mark.feature("G2")
async def test_only_admins_change_goals(company: FeatureCompany) -> None:
    await company.is_set_up(on=False)
    assert "Only admins" in await company.says(company.ben, 'goals add "My own"')


@pytest.mark.feature("G3")
async def test_a_line_is_filed_by_itself_asked_about_when_unsure_and_corrected_in_one_tap(
    company: FeatureCompany,
) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    saved = await company.answers(company.ana, "Pricing page copy\nXylophone repaired")
    assert "→ Pricing page" in saved
    await company.presses(company.ana, "No goal")
    assert "→ No goal" in await company.dm(company.ana)


@pytest.mark.feature("G4")
async def test_a_goal_has_a_history_is_retired_and_comes_back(company: FeatureCompany) -> None:
    await company.is_set_up(on=False)
    await company.says(company.ana, "goals progress #pricing-page at risk")
    await company.says(company.ana, "goals show #pricing-page")
    assert "at risk" in (await company.messages(company.ana))[-1].words
    await company.says(company.ana, "goals retire #pricing-page into #eu-hosting")
    await company.says(company.ben, "goals")
    assert "Pricing page" not in (await company.messages(company.ben))[-1].words
    await company.says(company.ana, "goals undo")
    await company.says(company.ben, "goals")
    assert "Pricing page" in (await company.messages(company.ben))[-1].words


async def a_week(company: FeatureCompany) -> str:
    """All five answer; the digest as it stands in the channel."""
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    for number, person in enumerate(company.everybody):
        goal = "#pricing-page" if number % 2 else "#eu-hosting"
        await company.answers(person, f"Piece {number} {goal} 2h, done\nCustomer call {number}")
    await company.says(company.ana, 'goals add "Partner API"')
    await company.lives_until(NEXT_MONDAY)
    return await digest(company)


async def digest(company: FeatureCompany) -> str:
    (shown,) = [
        one.words for one in await company.channel(company.ben) if one.words.startswith("Platform · week of 2 Mar")
    ]
    return shown


@pytest.mark.feature("D1")
async def test_the_digest_stands_in_the_channel_with_its_lines_below_and_late_ones_are_edited_in(
    company: FeatureCompany,
) -> None:
    assert "5 of 5" in await a_week(company)
    (shown,) = [one for one in await company.channel(company.ben) if one.words.startswith("Platform · week of 2 Mar")]
    below = [one for one in await company.channel(company.ben) if one.under and one.under in shown.id]
    assert "Piece 0" in "\n".join(one.words for one in below)
    assert "DONE  10 lines" in shown.words
    await company.answers(company.ana, "Currency switch fixed")
    await company.lives_until(NEXT_MONDAY + timedelta(minutes=5))
    assert "DONE  11 lines" in await digest(company)


@pytest.mark.feature("D2")
@pytest.mark.feature("D3")
@pytest.mark.feature("D4")
@pytest.mark.feature("D9")
async def test_the_digest_has_its_four_parts_goals_without_work_and_shares_and_is_read_again_by_command(
    company: FeatureCompany,
) -> None:
    shown = await a_week(company)
    at = [shown.index(word) for word in ("DONE", "CONTRIBUTES", "QUICKLY ENOUGH", "OUTCOMES")]
    assert at == sorted(at)
    assert "Partner API" in shown
    assert re.search(r"\d0% |\d5% ", shown[at[1] : at[2]])
    await company.says(company.ben, "digest last")
    assert (await company.messages(company.ben))[-1].words.startswith("Platform · week of 2 Mar")


@pytest.mark.feature("D4")
async def test_no_share_is_shown_for_fewer_than_four(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    for person in company.everybody[:3]:
        await company.answers(person, "Piece #pricing-page")
    await company.lives_until(NEXT_MONDAY)
    assert "%" not in await digest(company)


@pytest.mark.feature("R4")
async def test_the_same_event_twice_has_one_effect(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    await company.says(company.ana, "Annual toggle works")
    await company.rig.again()
    await company.cycle.tick()
    assert "1 line for Tuesday 3 March" in await company.dm(company.ana)


@pytest.mark.feature("R4")
async def test_an_admin_sees_what_was_sent_pauses_and_resumes(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    assert "Question: sent" in await company.says(company.ana, "instep deliveries")
    await company.says(company.ana, "instep pause")
    await company.lives_until(FRIDAY)
    assert await company.asked(company.ben) == 1  # Tuesday's
    await company.says(company.ana, "instep resume")
    assert "paused all sending" in await company.says(company.ana, "instep audit")
    assert "Only admins" in await company.says(company.ben, "instep deliveries")


@pytest.mark.feature("R6")
async def test_one_stops_starts_and_has_every_word_deleted(company: FeatureCompany) -> None:
    await company.is_set_up()
    await company.lives_until(TUESDAY)
    await company.answers(company.ben, "A secret line")
    await company.says(company.ben, "stop")
    await company.lives_until(FRIDAY)
    assert await company.asked(company.ben) == 0
    await company.presses(company.ben, "Start again")
    await company.says(company.ben, "forget")
    await company.presses(company.ben, "Delete them")
    await company.says(company.ben, "mine")
    assert "A secret line" not in (await company.messages(company.ben))[-1].words


@pytest.mark.feature("R6")
async def test_everybody_can_read_who_sees_what(company: FeatureCompany) -> None:
    assert "never for fewer than four people" in await company.says(company.ben, "instep privacy")


@pytest.mark.feature("C1")
async def test_how_i_am_asked_stands_on_a_page_of_its_own(company: FeatureCompany) -> None:
    await company.is_set_up()
    home = await company.rig.home(company.ben)
    assert home is not None
    assert "this is how I ask you" in home.words
    assert "Platform" in home.words
