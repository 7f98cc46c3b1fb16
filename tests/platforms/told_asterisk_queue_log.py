"""Asterisk's queue log: the company's events give its queued calls again."""

from asterisk_truth import of_queues
from truth import Case, talk_of_calls

CASE = Case(
    reader="asterisk_queue_log",
    writer="asterisk",
    files="queue_log",
    told=of_queues,
    talk=talk_of_calls,
)
