"""Teams as views show them."""

from __future__ import annotations

from sqlmodel import Session

from bot.views import teams
from storage import people
from storage.tables import Team


def team_page(tx: Session, team: Team) -> teams.TeamPage:
    """A team as its people see it."""
    manager = people.by_id(tx, [team.manager_id]).get(team.manager_id) if team.manager_id else None
    band = None
    if team.band_goal is not None and team.band_firefighting is not None:
        band = (team.band_goal, team.band_firefighting, 100 - team.band_goal - team.band_firefighting)
    return teams.TeamPage(
        name=team.name,
        on=team.on_at is not None,
        people=tuple(row.name for row in people.members(tx, team.id)),
        manager=manager.name if manager else "",
        days=team.days,
        minute=team.minute,
        zone=team.zone,
        channel=team.digest_channel,
        digest_at=team.digest_due,
        question=team.question,
        band=band,
    )
