"""The demo company: its people, teams, goals, and what they might write. All of it made up."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "Tidewater"


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of the demo. `works_on` are goal handles, the main one first."""

    key: str
    name: str
    zone: str
    team: str
    works_on: tuple[str, ...]
    admin: bool = False


@dataclass(frozen=True, slots=True)
class DemoGoal:
    """A goal of the demo; `by` in days from the start."""

    handle: str
    title: str
    description: str
    under: str = ""
    owner: str = ""
    by: int | None = None
    weight: int | None = None
    needs: tuple[str, ...] = ()
    key_results: tuple[str, ...] = ()
    initiatives: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()  # what its owner types at the end of each week


BERLIN, LISBON, NEW_YORK, KOLKATA = "Europe/Berlin", "Europe/Lisbon", "America/New_York", "Asia/Kolkata"

TEAMS = {"Platform": (BERLIN, "ben"), "Storefront": (LISBON, "rita"), "Care": (NEW_YORK, "joy")}

PEOPLE = (
    Someone("mara", "Mara Lind", BERLIN, "Platform", ("eu-hosting", "speed"), admin=True),
    Someone("ben", "Ben Okafor", BERLIN, "Platform", ("eu-hosting", "quiet-nights", "speed")),
    Someone("ana", "Ana Ruiz", LISBON, "Platform", ("speed", "quiet-nights", "eu-hosting")),
    Someone("dev", "Dev Rao", KOLKATA, "Platform", ("eu-hosting", "speed")),
    Someone("kavya", "Kavya Nair", KOLKATA, "Platform", ("quiet-nights", "eu-hosting", "speed")),
    Someone("jonas", "Jonas Weber", BERLIN, "Platform", ("speed", "eu-hosting")),
    Someone("lena", "Lena Vogt", BERLIN, "Platform", ("eu-hosting", "speed")),
    Someone("arun", "Arun Iyer", KOLKATA, "Platform", ("speed", "eu-hosting")),
    Someone("rita", "Rita Sousa", LISBON, "Storefront", ("pricing", "checkout")),
    Someone("tom", "Tom Hale", NEW_YORK, "Storefront", ("checkout", "pricing")),
    Someone("ines", "Inês Faria", LISBON, "Storefront", ("pricing", "checkout")),
    Someone("paulo", "Paulo Melo", LISBON, "Storefront", ("checkout", "pricing")),
    Someone("grace", "Grace Kim", NEW_YORK, "Storefront", ("pricing", "checkout")),
    Someone("sami", "Sami Haddad", LISBON, "Storefront", ("checkout", "pricing")),
    Someone("nora", "Nora Blum", BERLIN, "Storefront", ("pricing", "checkout")),
    Someone("joy", "Joy Adeyemi", NEW_YORK, "Care", ("help-centre", "answers")),
    Someone("luis", "Luis Ortega", NEW_YORK, "Care", ("answers",)),
    Someone("emma", "Emma Clark", NEW_YORK, "Care", ("help-centre",)),
    Someone("priya", "Priya Menon", KOLKATA, "Care", ("answers", "help-centre")),
    Someone("noah", "Noah Stein", NEW_YORK, "Care", ("answers", "help-centre")),
)

GOALS = (
    DemoGoal("growth", "Shops find us and stay", "More small shops sign up by themselves.", weight=50, owner="mara"),
    DemoGoal(
        "pricing",
        "Pricing page that sells",
        "Visitors understand what it costs, compare plans and sign up without talking to us.",
        under="growth", owner="rita", by=70, weight=40, needs=("Storefront",),
        key_results=("Sign-ups a week 410 -> 600",), initiatives=("Annual toggle", "Plan calculator"),
        typed=("424", "431", "438"),
    ),
    DemoGoal(
        "checkout",
        "Checkout on one page",
        "Cart, address and payment on a single page, so that fewer baskets are abandoned.",
        under="growth", owner="paulo", by=50, weight=40, needs=("Storefront",),
        key_results=("Abandoned carts 38 -> 25 %",), initiatives=("Wallet buttons",),
        typed=("36", "33", "31"),
    ),
    DemoGoal(
        "partner-api",
        "Partner API",
        "Partners read orders and stock through a public, documented API.",
        under="growth", owner="grace", by=90, weight=20, needs=("Storefront",),
    ),
    DemoGoal("promise", "Keep the promise", "The service is there, fast, and where the law wants it.", weight=30, owner="mara"),
    DemoGoal(
        "eu-hosting",
        "EU hosting",
        "Customer data of European shops lives in Frankfurt: database, backups, files and mail.",
        under="promise", owner="ben", by=45, weight=40, needs=("Platform",),
        key_results=("Shops moved 0 -> 60",), initiatives=("Read replica first",),
        typed=("12", "24", "34"),
    ),
    DemoGoal(
        "speed",
        "Pages load within a second",
        "Storefront pages are quick on a phone: images, caching, fewer queries.",
        under="promise", owner="ana", by=60, weight=35, needs=("Platform",),
        key_results=("Slowest quarter of page loads 2.1 -> 1.0 s",),
        typed=("2.0", "1.9", "1.8"),
    ),
    DemoGoal(
        "quiet-nights",
        "Quiet nights",
        "On-call sleeps: alerts that mean something, runbooks, queues that heal themselves.",
        under="promise", owner="kavya", weight=25, needs=("Platform",),
        key_results=("Pages to on-call a week 14 -> 4",),
        typed=("13", "11", "9"),
    ),
    DemoGoal("loyal", "Customers who stay", "Shops get help quickly, or do not need it.", weight=20, owner="joy"),
    DemoGoal(
        "answers",
        "Answers within four hours",
        "Every question gets a first real answer within four working hours.",
        under="loyal", owner="luis", by=80, weight=60, needs=("Care",),
        key_results=("Answered within four hours 61 -> 90 %",),
        typed=("64", "66", "71"),
    ),
    DemoGoal(
        "help-centre",
        "Help centre people use",
        "Articles and short videos that answer the forty most asked questions.",
        under="loyal", owner="emma", by=75, weight=40, needs=("Care",),
        key_results=("Articles 12 -> 60",),
        typed=("17", "23", "31"),
    ),
)  # fmt: skip

LINES: dict[str, tuple[str, ...]] = {
    "pricing": (
        "Pricing page: annual toggle works on phones",
        "Rewrote the plan comparison so that the cheapest plan is not the first thing people see",
        "Interviewed two shop owners about what confuses them on the pricing page 2h",
        "Plan calculator: first clickable draft, numbers still made up",
        "A/B test for the pricing headline is live, merged",
        "Fixed the currency switch on the pricing page for Swiss shops",
        "Copy for the three plans reviewed with Legal, still waiting on their wording",
        "Tracking for sign-ups from the pricing page, done",
        "Pricing FAQ drafted from the last fifty sales mails",
        "Screenshots for the plan comparison, all four languages",
        "Pricing page: the calculator remembers what was typed",
        "Moved the pricing page off the old template, done",
        "Sales read the new plan comparison and had two objections",
    ),
    "checkout": (
        "One-page checkout: address form merged into the cart 3h",
        "Wallet buttons render on iOS, shipped behind a flag",
        "Removed the account step from the checkout, finished",
        "Payment errors now say what to do next instead of a code",
        "Usability test of the new checkout with five people, notes written up",
        "Abandoned cart mail waits for the new checkout events",
        "Checkout form keeps what was typed when the card is declined, fixed",
        "Coupon field moved out of the way on phones",
        "Load test of the payment provider's sandbox",
        "Checkout accessibility: labels and focus order",
        "One-page checkout: postcode fills in the city",
        "Checkout asks for the phone number only where the courier needs it",
        "Second usability round of the checkout, three people on old phones 2h",
        "Wallet buttons: refunds work too now, released",
    ),
    "partner-api": (
        "Partner API: sketched the order endpoints",
        "Talked to two partners about what they would read from the API",
    ),
    "eu-hosting": (
        "Moved eight more shops to Frankfurt, no downtime",
        "Database replica in Frankfurt keeps up under load 4h",
        "Backups of the EU database restore in 20 minutes, tested and done",
        "File storage: copy job to the Frankfurt bucket runs nightly",
        "Mail for EU shops goes through the Frankfurt relay, deployed",
        "Runbook for moving a shop to EU hosting, second half",
        "Checked with Legal what the data agreement must say about EU hosting",
        "Wrote the script that verifies a shop after the move",
        "Terraform for the Frankfurt network reviewed and merged",
        "Dry run of moving the three largest shops to EU hosting 5h",
        "Moved the first of the three largest shops to Frankfurt, done 6h",
        "EU hosting: monitoring for the Frankfurt database",
        "Wrote to the next twelve shops about their move to Frankfurt",
        "Secrets for the EU hosting network rotated, finished",
        "Measured how long a move to Frankfurt takes: nine minutes a shop",
        "Reviewed the runbook for moving a shop with on-call",
    ),
    "speed": (
        "Image sizes: phones get half the bytes, shipped",
        "Cut the product page from 41 queries to 9",
        "Cache headers for the storefront assets, released",
        "Looked at why pages load slowly in Kolkata: fonts, mostly",
        "Lazy loading for the gallery broke older phones, rolled back and rewrote it",
        "Page load dashboard by country, done",
        "Moved the search suggestions out of the first page load",
        "Profiling the cart: the tax table is read three times 2h",
        "Preloading the next page on hover, trying it out",
        "Fonts load after the first paint, shipped",
        "Product page: reviews are fetched when somebody scrolls there",
        "Pages load check in the release pipeline, merged",
        "Compressed the storefront's scripts, a third smaller",
        "Found two queries that ran on every page load and removed one 3h",
        "Cached the menu of shops with more than a thousand products",
    ),
    "quiet-nights": (
        "Deleted eleven alerts nobody ever acted on",
        "Mail queue restarts itself when it is stuck, deployed",
        "Runbook for the payment webhook alert",
        "On-call review: four of nine pages were the same disk alert",
        "Alert for the replica lag now waits five minutes before it pages on-call",
        "Queue workers heal themselves after a lost connection, fixed",
        "Wrote down who is woken for what, and by whom it is changed",
        "Two noisy alerts merged into one that says what to do",
        "Wrote the runbook for a full disk",
        "On-call handover has a checklist now, done",
        "Alert thresholds for the search cluster looked at with Kavya",
        "Night queue retries by itself before it pages on-call, released",
    ),
    "answers": (
        "Rota so that somebody answers in every time zone by ten",
        "Saved replies for the twelve most asked questions, done",
        "Answered within four hours on four days of five",
        "Moved refunds into one queue, so that first answers are quicker",
        "Trained two people on billing questions 2h",
        "Weekly look at the questions that took longer than four hours",
        "Priority for shops that cannot sell: first answer within the hour",
        "First answers: template for shipping questions in Portuguese",
        "Sorted the backlog, eleven questions were older than four hours",
        "Tried a shorter form so that questions arrive with an order number",
        "Weekend rota agreed with everybody in two time zones, done",
        "Macros for invoices reviewed 1h",
    ),
    "help-centre": (
        "Four help centre articles on shipping labels published",
        "Short video on moving a domain, first cut",
        "Help centre search finds plurals now, fixed",
        "Article on tax settings rewritten after nine people wrote that it helped nobody",
        "Forty most asked questions counted from the last quarter, finished",
        "Screenshots in the help centre updated for the new checkout",
        "Translated six help centre articles into Portuguese",
        "Help centre: articles link to the setting they are about",
        "Recorded the video on gift cards 2h",
        "Three help centre articles merged into one on returns, published",
        "Asked ten shops what they looked for in the help centre and did not find",
    ),
    "support": (
        "Helped a bakery import 900 products from a spreadsheet 2h",
        "Call with a wine shop about their export",
        "Looked into a customer's missing invoices, sent",
        "Walked a florist through the new delivery zones",
        "Helped a bookshop set up VAT on gift cards 1h",
        "Call with a toy shop that wants to move from another system 1h",
        "Helped a florist with Mother's Day delivery slots",
        "Restored a deleted product list for a customer, done 1h",
        "Walked a cheese shop through their first return",
        "Looked into why a customer's mails go to spam 2h",
        "Customer call: bulk prices for a wholesaler",
        "Sent a customer the export they need for their accountant",
    ),
    "firefighting": (
        "Incident: mail queue stuck for an hour, restarted and cleaned up 2h",
        "Hotfix for the broken sitemap after the release 1h",
        "Payment provider outage, kept shops informed 3h",
        "Rolled back the release that broke search, incident review tomorrow",
        "On-call: disk full on the image server at four in the morning 2h",
        "Incident: checkout down for six minutes after a certificate expired 3h",
        "Hotfix for prices shown without tax in Norway 2h",
        "Search was empty for some shops, reindexed and wrote to them 3h",
        "Outage at the mail provider, queued and sent again 2h",
        "Emergency: rolled back the currency table 1h",
    ),
    "overhead": (
        "Planning meeting for the next two weeks 1h",
        "Two interviews for the open engineer role 2h",
        "Expense reports and the security training",
        "One-on-ones 2h",
        "Team retro 1h",
        "Interview debrief and a written offer 1h",
        "Quarterly security training",
        "Travel booking for the team week",
        "Budget numbers for next quarter 1h",
        "Onboarding call with the new colleague 1h",
    ),
    "other": (
        "Tidied the design files",
        "Read up on colour contrast",
        "Conference talk proposal",
        "Sorted two years of screenshots",
        "Lunch talk on accessible tables",
    ),
}

BLOCKERS = {
    "nora": "Waiting on Legal for the wording of the annual plan",
    "lena": "No access to the mail relay's console",
    "tom": "The payment sandbox is down every other afternoon",
}
