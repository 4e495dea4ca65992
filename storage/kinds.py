"""What a row may be: every state and kind that is stored, in its written form. A column stays text in the database."""

from __future__ import annotations

from enum import StrEnum


class CheckInState(StrEnum):
    """What became of one person's check-in of one day."""

    OPEN = "open"  # written unasked, and nothing saved yet
    ASKED = "asked"
    ANSWERED = "answered"
    SKIPPED = "skipped"
    AWAY = "away"
    EXPIRED = "expired"  # its question never arrived, so it was not asked


class DeliveryKind(StrEnum):
    """What is said unprompted."""

    WELCOME = "welcome"
    PROMPT = "prompt"
    SNOOZE = "snooze"  # the question again, when they asked for later
    REMINDER = "reminder"
    DIGEST = "digest"
    DETAIL = "detail"  # a reply in a digest's thread
    NOTICE = "notice"  # about its `subject`
    REMOVED = "removed"  # to an admin: Instep was removed from another workspace


class DeliveryState(StrEnum):
    """How far it is said."""

    DUE = "due"
    CLAIMED = "claimed"  # a sender has it, under a lease
    UNCERTAIN = "uncertain"  # it may have arrived
    SENT = "sent"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    HELD = "held"  # until somebody says what to do with it


class GoalStatus(StrEnum):
    """How a goal stands, as its owner or an admin said."""

    ON_TRACK = "on track"
    AT_RISK = "at risk"
    OFF_TRACK = "off track"
    DONE = "done"
    RETIRED = "retired"


class WorkKind(StrEnum):
    """What a line is filed under: a goal, or a kind of work that serves none."""

    GOAL = "goal"
    SUPPORT = "support"
    FIREFIGHTING = "firefighting"
    OVERHEAD = "overhead"
    OTHER = "other"


class TagSource(StrEnum):
    """Who said where a line belongs."""

    TAGGER = "tagger"
    PERSON = "person"
    IMPORT = "import"


class ShareKind(StrEnum):
    """What a share of a digest is of: a kind of work, or what is too small to be shown by itself."""

    GOAL = "goal"
    SUPPORT = "support"
    FIREFIGHTING = "firefighting"
    OVERHEAD = "overhead"
    OTHER = "other"
    MERGED = "merged"  # kinds taken together
    OTHER_GOALS = "other goals"  # goals taken together


class AbsenceKind(StrEnum):
    """Why somebody is not asked. The reason for a leave is nobody's business, and not kept."""

    LEAVE = "leave"
    SKIP = "skip"
    STATUS = "status"  # their status on a platform says so


class Mix(StrEnum):
    """How a day's effort was spread, in one tap."""

    GOAL = "goal"
    SUPPORT = "support"
    FIREFIGHTING = "firefighting"
    OVERHEAD = "overhead"
    EVEN = "even"
    INCIDENT = "incident"


class CodeKind(StrEnum):
    """What a code that works once is for."""

    WORKSPACE = "workspace"  # brings a workspace into a company
    ACCOUNT = "account"  # makes two accounts one person's
