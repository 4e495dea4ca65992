"""What is said about having more than one account: where one is asked, codes, and a workspace that joins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.chat.messages import Button, Form, Message, text
from bot.views.checkins import clip


def preferred(place: str, unreachable: str) -> Message:
    """After `prefer`; `unreachable` says why they cannot be written to there just now."""
    if unreachable:
        return Message(
            f"I will ask you in {place} as soon as I can",
            (text("Until then I ask you where I do now. What keeps me from it: {why}", why=unreachable),),
        )
    return Message(
        f"I ask you in {place} from now on",
        (text("You can answer in either place, and it is the same answer.", quiet=True),),
    )


def link(code: str, until: datetime) -> Message:
    """A code for one's other account."""
    return Message(
        f"Your code is {code}",
        (
            text("In your other account, type this to me: `instep link {code}`", code=code),
            text(
                "It works once, until {time}. Then both accounts are one person: you are asked once, and may answer in "
                "either place. Give it to nobody: whoever types it becomes you.",
                quiet=True,
                time=f"{until:%H:%M}",
            ),
        ),
    )


def linked(name: str, places: Sequence[str], asked_in: str) -> Message:
    """Two accounts are one person's now."""
    both = " and ".join(places)
    other = next((place for place in places if place != asked_in), "")
    how = f"`prefer {other.lower()}` changes that." if other else ""
    return Message(
        f"Linked: you are {clip(name, 50)} in {both}",
        (text("I ask you in {place}. " + how, place=asked_in),),
        (Button("All settings", "settings"),),
    )


def invited(company: str, code: str, until: datetime) -> Message:
    """A code for another workspace."""
    return Message(
        f"The code for another workspace of {clip(company, 50)} is {code}",
        (
            text("There, an admin of Instep types: `instep join {code}`", code=code),
            text(
                "It works once, until {time}. Goals, teams and people are shared from then on; who has the same e-mail "
                "address in both is one person, and is asked once. Whoever types it opens {company} to their workspace, "
                "so give it to nobody you do not know.",
                quiet=True,
                time=f"{until:%H:%M}",
                company=company,
            ),
        ),
    )


def joined(company: str, place: str, accounts: int, known: int, name: str, not_admin: str) -> Message:
    """A workspace is one of the company now; `not_admin` is the address of whoever brought it in, where they are no
    admin there."""
    came = f"{accounts} {'account' if accounts == 1 else 'accounts'} came along"
    same = f"; I knew {known} of these people already" if known else ""
    blocks = [
        text("{came}{same}. Goals and teams are shared from now on.", came=came, same=same),
        text("Everybody is asked once. Who has both types `prefer slack` or `prefer teams`.", quiet=True),
    ]
    if not_admin:
        blocks.append(
            text(
                "{name}, you are no admin of {company} yet. Whoever runs the server makes you one: "
                "`instep admin grant {address}`",
                name=name,
                company=company,
                address=not_admin,
            )
        )
    return Message(f"This {place} workspace belongs to {clip(company, 50)} now", tuple(blocks))


_UNTIL = datetime.fromisoformat("2026-03-05T16:40:00+01:00")
EXAMPLES: dict[str, Message | Form] = {
    "accounts.preferred": preferred("Teams", ""),
    "accounts.preferred unreachable": preferred("Teams", "They removed the app there, or left that workspace."),
    "accounts.link": link("K7QFM-2X9RT", _UNTIL),
    "accounts.linked": linked("Ana Ruiz", ["Slack", "Teams"], "Slack"),
    "accounts.invited": invited("Acme", "K7QFM-2X9RT", _UNTIL),
    "accounts.joined": joined("Acme", "Teams", 41, 12, "Tom Berg", ""),
    "accounts.joined no admin": joined(
        "Acme",
        "Teams",
        41,
        1,
        "Tom Berg",
        "teams:11111111-2222-4333-8444-555555555555:00000000-0000-4000-8000-000000746f6d",
    ),
}
