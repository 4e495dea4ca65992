"""Takes each protection of the engine out, one at a time, and sees that a test fails without it.

Run it as `make mutants`; it works on a copy of the checkout. A protection whose test passes without it is named, and
the exit code says so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
PROTOCOL = "tests/storage/outbox/test_deliveries.py"
DEATH, MACHINE, EVENTS = (f"tests/faults/test_{name}.py" for name in ("death", "machine", "events"))
OUTAGE = "tests/faults/test_after_outage.py"
PACING, ROUNDS, KEPT, SHOWING, DIGESTS = (
    "tests/storage/outbox/test_rate_limits.py",
    "tests/bot/delivery/test_cycle.py",
    "tests/bot/conversation/test_pending_events.py",
    "tests/bot/delivery/test_edit.py",
    "tests/bot/delivery/test_digests.py",
)

TYPED, ASKED = (
    "tests/bot/conversation/test_typed_text.py",
    "tests/bot/conversation/handlers/test_questions.py",
)


@dataclass(frozen=True)
class Mutant:
    """One protection: what it is, where it stands, what is put in its place, and the test that must then fail."""

    about: str
    path: str
    old: str
    new: str
    test: str


MUTANTS = (
    Mutant(
        "what is typed is cleaned before it is heard",
        "bot/conversation/dispatcher.py",
        "        event = typed_text.cleaned(event)\n",
        "",
        f"{TYPED}::test_what_is_typed_is_kept_clean_or_told_about",
    ),
    Mutant(
        "what is put by is cleaned as well",
        "bot/conversation/pending_events.py",
        "write(typed_text.cleaned(event))",
        "write(event)",
        f"{TYPED}::test_an_event_that_is_put_by_is_clean_as_well",
    ),
    Mutant(
        "a name that a platform tells is cleaned",
        "checkins/people/members.py",
        "name, email = text.on_one_line(name) or NAMELESS, text.on_one_line(email)",
        "pass",
        f"{TYPED}::test_a_name_that_the_platform_tells_is_kept_clean",
    ),
    Mutant(
        "a line from before words were composed is known again",
        "checkins/answers/submit.py",
        "text.clean(filed.line.text) == piece.text",
        "filed.line.text == piece.text",
        f"{TYPED}::test_a_line_from_before_words_were_composed_stays_the_same_line",
    ),
    Mutant(
        "what was said of a day moves with it when two are one",
        "storage/merge.py",
        "    replies.move(tx, pair)\n",
        "",
        f"{ASKED}::test_two_who_are_one_keep_what_either_said_and_the_first_word_counts",
    ),
    Mutant(
        "replies are forgotten",
        "storage/checkins.py",
        "    replies.forget(tx, person_id)\n",
        "",
        f"{ASKED}::test_it_is_forgotten_and_exported_like_everything_else",
    ),
    Mutant(
        "replies of few, or of fewer than half, are not shown",
        "checkins/digest/shares.py",
        "    if len(weeks) < question.fewest or privacy.withheld(len(weeks), asked):\n        return []\n",
        "",
        "tests/checkins/digest/test_shares.py",
    ),
    Mutant(
        "the release before finds the mix where it looks for it",
        "storage/replies.py",
        "        checkin.mix = value\n",
        "        pass\n",
        "tests/storage/test_replies.py::test_the_release_before_finds_the_mix_where_it_looks_for_it",
    ),
    Mutant(
        "a claim is committed before anything is sent",
        "storage/outbox/deliveries.py",
        "state=DeliveryState.CLAIMED,",
        "state=DeliveryState.DUE,",
        f"{DEATH}::test_wherever_a_process_dies_nothing_is_lost_and_nothing_comes_twice",
    ),
    Mutant(
        "only whoever claimed an attempt settles it",
        "storage/outbox/deliveries.py",
        "                col(Delivery.owner) == owner,\n",
        "",
        PROTOCOL,
    ),
    Mutant(
        "an attempt that is over settles nothing",
        "storage/outbox/deliveries.py",
        "                col(Delivery.attempt) == ended.c.attempt,\n",
        "",
        PROTOCOL,
    ),
    Mutant(
        "a lapsed claim is looked up, not sent again",
        "storage/outbox/deliveries.py",
        'state=DeliveryState.UNCERTAIN,\n            owner="",\n            check_at=now + settle_window,',
        'state=DeliveryState.DUE,\n            owner="",\n            check_at=now + settle_window,',
        PROTOCOL,
    ),
    Mutant(
        "a lapsed claim is looked up after the settle window only",
        "storage/outbox/deliveries.py",
        "check_at=now + settle_window,",
        "check_at=now,",
        PROTOCOL,
    ),
    Mutant(
        "the state machine finds claims that are not leases",
        "storage/outbox/deliveries.py",
        'state=DeliveryState.UNCERTAIN,\n            owner="",\n            check_at=now + settle_window,',
        'state=DeliveryState.DUE,\n            owner="",\n            check_at=now + settle_window,',
        MACHINE,
    ),
    Mutant(
        "an answer that is not clear is no refusal",
        "bot/delivery/send.py",
        "        except OutcomeUnknown:\n            outcome = self._unknown(row)",
        '        except OutcomeUnknown:\n            outcome = Outcome(row.id, row.attempt, "due", NO_ANSWER)',
        f"{DEATH}::test_whatever_the_platform_does_nothing_is_lost_and_nothing_comes_twice",
    ),
    Mutant(
        "no answer in time is no refusal",
        "bot/delivery/send.py",
        "        except asyncio.CancelledError:  # no answer in time, or we are being stopped\n"
        "            outcome = self._unknown(attempt.row)",
        "        except asyncio.CancelledError:\n"
        '            outcome = Outcome(attempt.row.id, attempt.row.attempt, "due", NO_ANSWER)',
        f"{DEATH}::test_whatever_the_platform_does_nothing_is_lost_and_nothing_comes_twice",
    ),
    Mutant(
        "nothing leaves after its lease",
        "bot/chat/platform.py",
        "    if time.monotonic() > send_before.get():",
        "    if time.monotonic() < 0:",
        f"{DEATH}::test_a_process_that_sleeps_before_it_sends_does_not_send_after_its_lease",
    ),
    Mutant(
        "somebody who slept settles nothing that is not theirs any more",
        "storage/outbox/deliveries.py",
        "                col(Delivery.owner) == owner,\n"
        "                is_now(Delivery.state, DeliveryState.CLAIMED, DeliveryState.UNCERTAIN),\n",
        "",
        PROTOCOL,
    ),
    Mutant(
        "workspaces are locked while they are claimed from",
        "storage/outbox/rate_limits.py",
        "found = found.with_for_update(of=Workspace, skip_locked=True, key_share=True)",
        "pass",
        f"{DEATH}::test_replicas_that_start_at_the_same_instant_send_each_message_once",
    ),
    Mutant(
        "what is claimed is paid for",
        "storage/outbox/deliveries.py",
        "    rate_limits.spend(tx, Counter(row.workspace_id for row in taken), given, now)\n",
        "",
        PACING,
    ),
    Mutant(
        "a platform that asks to wait is not written to",
        "bot/delivery/send.py",
        "if self._paused.get(row.workspace_id, now) > now:",
        "if False:",
        PACING,
    ),
    Mutant(
        "the pace gives way to a platform that asks to wait",
        "storage/outbox/rate_limits.py",
        "max(SLOWEST, SLOWER * slowed(row, now))",
        "1.0",
        PROTOCOL,
    ),
    Mutant(
        "outcomes wait for a database that is away",
        "bot/delivery/settle.py",
        "            except DatabaseUnavailable as error:\n",
        "            except DatabaseUnavailable as error:\n                return\n",
        ROUNDS,
    ),
    Mutant(
        "when told to stop, what is in the air is waited for",
        "bot/delivery/send.py",
        "await asyncio.wait(set(self._in_flight), timeout=within * 0.7)",
        "await asyncio.sleep(0)",
        f"{DEATH}::test_told_to_stop_it_writes_down_what_is_in_the_air",
    ),
    Mutant(
        "when told to stop, it does not wait for ever",
        "bot/delivery/send.py",
        "        self._cut_off(list(self._in_flight))\n\n    async def _claim_what",
        "\n    async def _claim_what",
        f"{DEATH}::test_told_to_stop_while_nothing_answers_it_ends_all_the_same",
    ),
    Mutant(
        "what was claimed and could not be put into words goes back",
        "bot/delivery/send.py",
        'self._give_back(left, "The database did not answer.", self._now() + self._timing.word_again)',
        "self._ended += [self._unknown(row) for portion in left for row in portion]; self._ends.set()",
        ROUNDS,
    ),
    Mutant(
        "a database that is away makes no message one that cannot be made",
        "bot/delivery/content.py",
        "    except Interrupted:",
        "    except ZeroDivisionError:",
        ROUNDS,
    ),
    Mutant(
        "when told to stop, what is just put into words is not sent",
        "bot/delivery/send.py",
        "                if self._stopping:\n",
        "                if False:\n",
        ROUNDS,
    ),
    Mutant(
        "a delivery is unique by its meaning",
        "storage/outbox/plan.py",
        "    return changed(tx, insert_new(tx, Delivery).from_select(_NAMES, rows).on_conflict_do_nothing())",
        "    return changed(tx, insert_new(tx, Delivery).from_select(_NAMES, rows))",
        ROUNDS,
    ),
    Mutant(
        "an event is noted with its effect",
        "bot/conversation/dispatcher.py",
        "if changes and not inbox.once(tx, event.key, now):",
        "if False:",
        EVENTS,
    ),
    Mutant(
        "an event that was acknowledged is heard again after a crash",
        "bot/conversation/pending_events.py",
        "                        inbox.keep(tx, one.event.key, one.body, self._now())\n",
        "                        pass\n",
        KEPT,
    ),
    Mutant(
        "stale questions are counted and not sent",
        "bot/delivery/plan.py",
        "expired = deliveries.expire(tx, now, PORTION)",
        "expired = 0",
        ROUNDS,
    ),
    Mutant(
        "nothing that is over is claimed, whoever wakes the sender",
        "storage/outbox/rate_limits.py",
        "        col(Delivery.expires_at).is_(None) | (col(Delivery.expires_at) > now),\n",
        "",
        PROTOCOL,
    ),
    Mutant(
        "nothing that is over is said, however long it took to put it into words",
        "bot/delivery/send.py",
        "if row.expires_at is not None and row.expires_at <= now:",
        "if False:",
        ROUNDS,
    ),
    Mutant(
        "what may not be said now is set to go in working hours",
        "bot/delivery/plan.py",
        "    openings.reopen(tx, rows, now)\n",
        "",
        OUTAGE,
    ),
    Mutant(
        "a digest that nobody waits for any more is not posted",
        "bot/delivery/openings.py",
        "            closes = min(closes, _over(week, main))\n",
        "            pass\n",
        OUTAGE,
    ),
    Mutant(
        "who is welcomed late is asked later",
        "bot/delivery/openings.py",
        "                person.asked_from = max(first, person.asked_from or first)\n",
        "",
        OUTAGE,
    ),
    Mutant(
        "an edit that nobody looks for any more is left out",
        "bot/delivery/edit.py",
        "left_out = edits.give_up(tx, now)",
        "left_out = 0",
        OUTAGE,
    ),
    Mutant(
        "nobody is asked who went away after the round was planned",
        "bot/delivery/content.py",
        "[asked for asked in open_ones if asked.id not in away]",
        "open_ones",
        ROUNDS,
    ),
    Mutant(
        "who was asked to wait does not begin again with all of it",
        "storage/outbox/rate_limits.py",
        "        row.paced_until = max(row.paced_until or empty, empty)\n",
        "        pass\n",
        PROTOCOL,
    ),
    Mutant(
        "edits keep the pace that a platform has for them",
        "storage/outbox/rate_limits.py",
        "            wanted = room(until, now, rate, wanted)\n",
        "",
        SHOWING,
    ),
    Mutant(
        "a platform that asks to wait gets no edit before",
        "bot/delivery/edit.py",
        "            rate_limits.pause_edits(tx, workspace_id, free_at, now, self._rates, self._edit_rates)\n",
        "            pass\n",
        SHOWING,
    ),
    Mutant(
        "a wish that comes while an edit is made is kept",
        "storage/outbox/edits.py",
        "    ours = col(Delivery.edit_at) == until\n",
        "    ours = col(Delivery.edit_at).is_not(None)\n",
        SHOWING,
    ),
    Mutant(
        "a digest is planned in a transaction of its own",
        "bot/delivery/cycle.py",
        "            if number or more:\n                return number, True\n",
        "            while more:\n                _, more = kind(tx, now)\n",
        f"{DIGESTS}::test_digests_that_are_due_at_once_are_planned_in_a_transaction_each",
    ),
    Mutant(
        "each digest is put into words in a transaction of its own",
        "bot/delivery/send.py",
        "left = content.portions(rows)",
        "left = [list(rows)]",
        f"{DIGESTS}::test_each_digest_is_put_into_words_in_a_transaction_of_its_own",
    ),
    Mutant(
        "two processes plan different digests",
        "storage/people.py",
        "found = found.with_for_update(of=Team, skip_locked=True, key_share=True)",
        "pass",
        f"{DIGESTS}::test_two_processes_take_different_digests",
    ),
    Mutant(
        "a digest notes that somebody answered late",
        "checkins/answers/submit.py",
        "    digests.touch(tx, [digest.id for digest in posted], now)\n",
        "",
        f"{DIGESTS}::test_four_late_answers_move_the_shares",
    ),
    Mutant(
        "when told to stop, nothing more is planned",
        "bot/delivery/cycle.py",
        "while more and not self._stopping:",
        "while more:",
        f"{DIGESTS}::test_told_to_stop_no_further_digest_is_planned",
    ),
    Mutant(
        "when told to stop, nothing more is edited",
        "bot/delivery/edit.py",
        "while not self._stopping.is_set():",
        "while True:",
        SHOWING,
    ),
    Mutant(
        "a workspace that somebody else is at is looked at again in a moment",
        "storage/outbox/rate_limits.py",
        "moments.append(at if at > now else now + ONE_MOMENT)",
        "moments += [at] if at > now else []",
        ROUNDS,
    ),
    Mutant(
        "the database's clock decides, not the machine's",
        "storage/database.py",
        ".timestamp() if not self.is_sqlite else _wall()",
        ".timestamp() if False else _wall()",
        "tests/faults/test_clocks.py",
    ),
)


def main() -> int:
    """Every mutant, or those whose description holds the words given."""
    wanted = " ".join(sys.argv[1:])
    survivors = 0
    with TemporaryDirectory(prefix="instep-mutants-") as folder:
        copy = Path(folder) / "instep"
        listed = subprocess.run(
            ["git", "ls-files"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()
        for name in listed:
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, copy / name)
        for mutant in MUTANTS:
            if wanted and wanted not in mutant.about:
                continue
            path = copy / mutant.path
            source = path.read_text(encoding="utf-8")
            if mutant.old not in source:
                sys.stdout.write(f"GONE      {mutant.about}: {mutant.path} does not hold it any more\n")
                survivors += 1
                continue
            path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", mutant.test]
            ended = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, timeout=600)
            path.write_text(source, encoding="utf-8")
            caught = ended.returncode == 1
            survivors += not caught
            failed = [line for line in ended.stdout.splitlines() if line.startswith("FAILED")]
            what = failed[0].split("::")[-1].split(" ")[0] if failed else f"exit code {ended.returncode}"
            sys.stdout.write(f"{'caught  ' if caught else 'SURVIVED'}  {mutant.about} ({what})\n")
            sys.stdout.flush()
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
