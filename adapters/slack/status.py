"""What a status in Slack says of being away: one of Slack's own, or the usual words for it, and not what merely
mentions them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from adapters.slack.blocks import Json
from bot.chat.events import Away

_EMOJI = frozenset(
    {":palm_tree:", ":desert_island:", ":beach_with_umbrella:", ":beach_umbrella:", ":face_with_thermometer:"}
)
_WORDS = (
    "vacation", "vacationing", "holiday", "holidays", "annual leave", "sick leave", "parental leave", "maternity leave",
    "paternity leave", "leave", "time off", "day off", "pto", "ooo", "out of office", "out of the office", "out sick",
    "off sick", "sick", "sick day", "away",
    "urlaub", "im urlaub", "ferien", "abwesend", "krank", "elternzeit",
    "vacaciones", "de vacaciones", "de baja", "vacances", "en vacances", "congé", "congés", "en congé", "en congés", "malade",
    "férias", "de férias", "ferie", "in ferie", "vakantie", "op vakantie", "på semester", "urlop", "na urlopie",
)  # fmt: skip
_SAYS_AWAY = re.compile(
    r"(?:(?:i'm|i’m|i am|currently|out|on|still) )*"
    rf"(?:{'|'.join(sorted(map(re.escape, _WORDS), key=len, reverse=True))})"
    r"(?:$|\s*[,.;:!(–—-]|\s+(?:until|till|til|through|thru|today|this week|all day|all week|back"
    r"|bis|heute|zurück|hasta|hoy|jusqu|aujourd|até|hoje|fino|tot|do|do)\b)",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(
    r"\b(?:not|no|next|soon|from|starting|starts|planning|almost|counting|before|after|tomorrow|back from|working"
    r"|ab|nächste|bald|kein|desde|próxim\w+|prochain\w*|bientôt|dal)\b",
    re.IGNORECASE,
)


def away(user: Json) -> Away | None:
    """What the status of somebody says, as `users.info` and `user_change` tell of them; None for nothing of the
    kind."""
    told = user.get("profile") or {}
    emoji, words = str(told.get("status_emoji") or ""), str(told.get("status_text") or "").strip()
    usual = str(told.get("status_text_canonical") or "")  # what one of Slack's own says in English
    ends = int(told.get("status_expiration") or 0)
    if _NOT_NOW.search(words):
        return None
    if emoji not in _EMOJI and not any(_SAYS_AWAY.match(said) for said in (words, usual)):
        return None
    mark = hashlib.sha256(f"{emoji}|{words}|{ends}".encode()).hexdigest()[:16]
    return Away(mark, datetime.fromtimestamp(ends, UTC) if ends else None)
