"""Messages and forms with every part of the vocabulary in them, as the scripted partner says them."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.chat.messages import (
    Button,
    Chart,
    ChoiceField,
    Facts,
    Form,
    Message,
    Option,
    Pick,
    Quote,
    Rule,
    Series,
    TextField,
    text,
)

GOALS = (
    Option("pricing", "Pricing page that explains itself"),
    Option("hosting", "EU hosting"),
    Option("partner", "Partner API"),
    Option("onboarding", "Onboarding in one day"),
    Option("search", "Search people trust"),
    Option("billing", "Billing without tickets"),
    Option("mobile", "A mobile app worth opening"),
)

DAYS = tuple(Option(day, day) for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"))


def welcome() -> Message:
    return Message(
        "Hi Ana, I’m Instep.",
        (
            text("Twice a week I ask **what you worked on**; it takes about a minute."),
            text("Your team sees your lines. Above it only figures, _never for fewer than four people_."),
            text("First question: Thursday 15:30 your time. Say `help` at any time.", quiet=True),
        ),
        (
            Button("Fine", "fine", style="primary"),
            Button("Change time", "time"),
            Button("Who sees what", "privacy"),
            Button("Not for me", "stop", style="danger", confirm="Stop all questions from Instep?"),
        ),
    )


def prompt(at: datetime) -> Message:
    return Message(
        "What did you work on?",
        (
            text(
                "Since {day}. Answer here in your own words, or use the form.",
                day=(at - timedelta(days=2)).strftime("%A"),
            ),
        ),
        (Button("Same as last time", "same"), Button("In an hour", "snooze"), Button("Skip", "skip")),
        checkin(),
    )


def checkin() -> Form:
    return Form(
        "checkin",
        "2026-03-05",
        "Check in",
        (
            TextField("did", "What did you work on?", hint="One line each; `2h` or `30%` if you like.", rows=4),
            TextField("blocked", "Anything in your way?", placeholder="Waiting for …", optional=True),
            ChoiceField(
                "date",
                "Does the pricing page make its date?",
                tuple(Option(v, v) for v in ("Yes", "No", "Cannot say")),
            ),
        ),
        intro=text("Thursday 5 March, about **a minute**."),
    )


def goal() -> Form:
    return Form(
        "goal",
        "",
        "Add a goal",
        (
            TextField("title", "Title", placeholder="What will be true"),
            ChoiceField("parent", "Part of", (), hint="Type to search the goals.", suggests=True, optional=True),
            ChoiceField(
                "teams",
                "Needs these teams",
                tuple(Option(t, t) for t in ("Platform", "Market", "Support")),
                ("Platform",),
                many=True,
            ),
            TextField("by", "By", placeholder="2026-06-30", hint="A date, or nothing.", optional=True),
            TextField("why", "Why it matters", rows=3, optional=True),
        ),
        "Add",
    )


def saved(words: str, chosen: str = "") -> Message:
    lines = [line for line in words.splitlines() if line.strip()][:6]
    return Message(
        f"Saved, {len(lines)} {'line' if len(lines) == 1 else 'lines'}.",
        (
            *(Quote(line, "EU hosting" if index else "Pricing page") for index, line in enumerate(lines)),
            Pick(text("Where does the first line belong?"), "file", "line-1", GOALS[:3], chosen),
            Pick(text("Or to another goal", quiet=True), "file", "line-1", GOALS, chosen),
        ),
        (Button("Edit", "edit"),),
    )


def tree() -> Message:
    return Message(
        "Goals",
        (
            text("**Grow where we are strong**"),
            Facts(
                (
                    ("#pricing", "Pricing page that explains itself · 40% · due 30 Jun"),
                    ("#partner", "Partner API · 20% · at risk"),
                )
            ),
            Rule(),
            text("**Run it without drama**"),
            Facts((("#hosting", "EU hosting · 40% · on track"),)),
        ),
        form=goal(),
    )


def digest() -> Message:
    return Message(
        "Platform · week of 2 Mar · 7 of 9, 1 away",
        (
            text("**Decide**  Pricing page is due 30 Jun; most doers doubt it (waiting on Legal)."),
            Rule(),
            Chart(
                "Share of the week",
                "bars",
                ("Pricing page", "EU hosting", "Partner API", "Firefighting"),
                (Series("share", (30, 25, None, 30)), Series("weight", (40, 40, 20, 0))),
                "Pricing page 30% of 40%, EU hosting 25% of 40%, Partner API nothing of 20%, firefighting 30%.",
                "%",
            ),
            Facts((("Done", "23 lines, 9 finished"), ("No work", "Partner API"), ("No goal", "4 lines"))),
            Quote("The copy was right the first time, for once.", "Ana"),
            text("Shares are rounded to 5% and shown from four people.", quiet=True),
        ),
        (
            Button("Answer", "answer", style="primary"),
            Button("Pass up", "pass"),
            Button("All lines", "lines"),
        ),
    )


def threads() -> list[Message]:
    weeks = ("9 Feb", "16 Feb", "23 Feb", "2 Mar")
    return [
        Message(
            "Pricing page, 8 lines",
            (
                Quote("Checkout copy, second draft"),
                Quote("Reviewed with Legal", "waiting"),
                Quote("New table, first cut"),
            ),
        ),
        Message(
            "Sign-ups",
            (
                Chart(
                    "Sign-ups a week",
                    "lines",
                    weeks,
                    (Series("sign-ups", (380, 395, 410, 455)), Series("plan", (380, 420, 460, 500))),
                    "Sign-ups 380, 395, 410, 455; plan 380, 420, 460, 500.",
                ),
            ),
        ),
    ]


def home() -> Message:
    return Message(
        "Your week",
        (
            text("Next question **Thursday 15:30**, your time."),
            Chart(
                "Where your time went",
                "bars",
                ("Pricing page", "EU hosting", "Firefighting"),
                (Series("hours", (9, 4.5, 2)),),
                "Pricing page 9 hours, EU hosting 4.5, firefighting 2.",
                "h",
            ),
            Facts(
                (
                    ("Team", "Platform"),
                    ("Reminders", "one, next morning"),
                    ("Who sees your lines", "Platform"),
                )
            ),
            Pick(text("Remind me on"), "day", "", DAYS, "Tuesday"),
        ),
        (Button("Change time", "time"), Button("Who sees what", "privacy")),
        checkin(),
    )
