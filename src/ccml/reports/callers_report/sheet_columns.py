"""The columns of the workbook, each with its unit and its meaning."""

from ccml.reports.callers_report.cards import DEGREES
from ccml.reports.workbook.cells import DAY, Column

LOW = "lower end of the 95 % interval"
HIGH = "upper end of the 95 % interval"
WIDE, NAMES = 60, 30
DEVIATIONS = "standard deviations"
"""Between customers."""
WORDS = ", ".join(f"from {at:g} {word}" for at, word in reversed(DEGREES) if at)
"""What the page says of them."""

TOPS = (
    Column("Busiest share of customers", "share", "customers with most calls first"),
    Column("Share of calls", "share", "their calls / all calls"),
    Column("Share: low", "share", LOW),
    Column("Share: high", "share", HIGH),
    Column("By chance alone", "share", "if all customers had the same call rate"),
)
WEEKS = (
    Column("Week from", DAY, "Monday"),
    Column("Calls", "calls", "answered inbound calls"),
    Column("Followed", "calls", "of these, followed by another call", width=18),
    Column("Repeat rate", "share", "followed / calls", width=18),
    Column("So far, not final", "share", "can only rise", width=18),
)
TRIGGERS = (
    Column("Reason", width=NAMES, how="what the call was about"),
    Column("Queue", width=20, how="where the call came in"),
    Column("Calls", "calls", "answered calls whose window is over"),
    Column("Followed", "calls", "of these, followed by another call"),
    Column("Repeat rate", "share", "followed / calls"),
    Column("Rate: low", "share", LOW),
    Column("Rate: high", "share", HIGH),
    Column("Usual rate", "share", "for callers who call as often", width=18),
    Column("Hours", "hours", "agents' hours of the calls that followed", width=18),
    Column("EUR", "EUR", "cost of these hours"),
    Column("Share of repeats", "share", "of all followed calls", width=18),
)
ISSUES = (
    Column("Reason", width=NAMES, how="what the call was about"),
    Column("Next reason", width=NAMES, how="what the next call was about"),
    Column("Calls that followed", "calls", "within the repeat window"),
    Column("Share", "share", "of all that followed this reason"),
    Column("By chance", "share", "share of the next reason among all that followed"),
    Column("Times chance", "times", "share / by chance"),
    Column("Days between", "half days", "half of them came sooner"),
)
SEGMENTS = (
    Column("Segment", width=NAMES, how="customers who call alike"),
    Column("Customers", "customers", "at the newest day"),
    Column("Of all customers", "share", "of all customers described"),
    Column("Calls", "calls", "inbound, in the window"),
    Column("Of all calls", "share", "of all calls in the window"),
    Column("Hours a month", "hours", "agents' hours in 30 days", width=18),
    Column("EUR a month", "EUR", "cost of these hours", width=18),
    Column("Rule", width=WIDE, how="who they are, in few words"),
)
FIGURES = (
    Column("Segment", width=NAMES, how="customers who call alike"),
    Column("Figure", width=NAMES, how="what is measured"),
    Column("Value", "value", "in its unit"),
    Column("Low", "value", LOW),
    Column("High", "value", HIGH),
    Column("Unit", width=18, how="unit of value, low and high"),
    Column("n", "count", "calls or customers it rests on"),
    Column("Period", width=24, how="when the calls were made"),
)
TRAITS = (
    Column("Segment", width=NAMES, how="customers who call alike"),
    Column("Trait", width=NAMES, how="what their calls are like"),
    Column("Segment's mean", "value", "over its customers"),
    Column("Mean of all", "value", "over all customers grouped"),
    Column("Unit", width=12, how="unit of both means"),
    Column("Stands out by", DEVIATIONS, f"{DEVIATIONS} between customers", width=18),
    Column("Stands out: low", DEVIATIONS, LOW, width=18),
    Column("Stands out: high", DEVIATIONS, HIGH, width=18),
)
PROPOSED = (
    Column("Segment", width=NAMES, how="customers who call alike"),
    Column("Rank", "rows", "1 is the best"),
    Column("Action", width=40, how="what to do"),
    Column("Why", width=WIDE, how="why it helps"),
    Column("Channel", width=16, how="the best way to reach them"),
    Column("Why this channel", width=WIDE, how="what speaks for it"),
    Column("Calls concerned", "calls", "expected in 30 days"),
    Column("Calls spared", "calls", "in 30 days"),
    Column("Spared: low", "calls", LOW),
    Column("Spared: high", "calls", HIGH),
    Column("Hours spared", "hours", "agents' hours in 30 days"),
    Column("Hours: low", "hours", LOW),
    Column("Hours: high", "hours", HIGH),
    Column("EUR spared", "EUR", "cost of these hours"),
    Column("EUR: low", "EUR", LOW),
    Column("EUR: high", "EUR", HIGH),
    Column("EUR it costs", "EUR", "cost of the action in 30 days"),
    Column("What it rests on", width=WIDE, how="assumptions"),
)
MOVES = (
    Column("From day", DAY, "the earlier day"),
    Column("To day", DAY, "the later day"),
    Column("From", width=NAMES, how="segment on the earlier day"),
    Column("To", width=NAMES, how="segment on the later day"),
    Column("Customers", "customers", "who moved so, or stayed"),
    Column("By chance", "customers", "if nobody's rate changed, where known", width=18),
)
MEMBERS = (
    Column("Day", DAY, "the last day looked at"),
    Column("Group", width=NAMES, how="whom the row is about"),
    Column("Customers", "customers", "members on that day"),
    Column("Share of calls", "share", "of the calls in the window, or month"),
    Column("Stayed", "customers", "members before who still are"),
    Column("New", "customers", "members who were not before"),
    Column("Left", "customers", "members before who are not now"),
    Column("Left by chance", "customers", "if nobody's rate changed", width=18),
    Column("By chance: low", "customers", LOW, width=18),
    Column("By chance: high", "customers", HIGH, width=18),
)
OUTLOOK = (
    Column("Segment", width=NAMES, how="customers who call alike"),
    Column("Predictor", width=NAMES, how="what is predicted"),
    Column("Customers", "customers", "with a prediction"),
    Column("Expected", "share", "mean of the predicted chances"),
    Column("Expected: low", "share", LOW),
    Column("Expected: high", "share", HIGH),
    Column("Came true", "share", "before, where the outcome is known"),
    Column("Came true: low", "share", LOW),
    Column("Came true: high", "share", HIGH),
    Column("n", "count", "customers or events whose outcome is known"),
    Column("Note", width=WIDE, how="why something is empty"),
)
EARLY = (
    Column("Chance from", "share", "lowest chance of the row"),
    Column("Chance below", "share", "highest chance of the row"),
    Column("Customers", "customers", "on the list with such a chance"),
)
UNUSUAL = (
    Column("What", width=12, how="region, reason or queue"),
    Column("Which", width=NAMES, how="its name"),
    Column("Day", DAY, "when it was"),
    Column("Calls", "calls", "on that day"),
    Column("Usual", "usual calls", "calls that were to be expected"),
    Column("Times usual", "times", "calls / usual"),
    Column("Known cause", width=40, how="what explains it; empty = none known"),
)
ACTIONS = (
    Column("Action", width=NAMES, how="what was done"),
    Column("From", DAY, "its first day"),
    Column("For", width=NAMES, how="whom, or about what"),
    Column("Rate before", "share", "repeat rate of these"),
    Column("Rate after", "share", "repeat rate of these"),
    Column("Rest before", "share", "repeat rate of all others"),
    Column("Rest after", "share", "repeat rate of all others"),
    Column("Effect", "share", "change of these less that of the others"),
    Column("Effect: low", "share", LOW),
    Column("Effect: high", "share", HIGH),
    Column("Calls", "calls", "calls of these"),
    Column("In words", width=WIDE, how="what it means"),
)
SURE = (
    Column("Sure to at least", "share", "chance from which on somebody is named"),
    Column("Customers named", "customers", "persistent callers then"),
    Column("Rightly named", "share", "expected share of those named"),
    Column("Found", "share", "expected share of all who are so"),
)
