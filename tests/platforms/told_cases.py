"""The cases of all platforms on which the demo company's calls are compared."""

import told_amazon_connect
import told_asterisk_cdr
import told_asterisk_queue_log
import told_avaya
import told_callrail
import told_cxone
import told_five9
import told_genesys_cloud
import told_genesys_interactions
import told_talkdesk_calls
import told_talkdesk_contacts
import told_twilio
from truth import Case

CASES: dict[str, Case] = {
    "amazon_connect": told_amazon_connect.CASE,
    "genesys_cloud": told_genesys_cloud.CASE,
    "genesys_interactions": told_genesys_interactions.CASE,
    "asterisk_cdr": told_asterisk_cdr.CASE,
    "asterisk_queue_log": told_asterisk_queue_log.CASE,
    "avaya": told_avaya.CASE,
    "callrail": told_callrail.CASE,
    "cxone": told_cxone.CASE,
    "cxone_download": told_cxone.DOWNLOAD,
    "five9": told_five9.CASE,
    "talkdesk_calls": told_talkdesk_calls.NEW,
    "talkdesk_calls_old": told_talkdesk_calls.OLD,
    "talkdesk_contacts": told_talkdesk_contacts.CASE,
    "twilio": told_twilio.CASE,
}
WITH_TALK = [name for name, case in CASES.items() if case.talk]
WITH_REASONS = [name for name, case in CASES.items() if case.reasons]
IN_ANY_ORDER = ("amazon_connect", "genesys_cloud", "genesys_interactions")
"""Cases whose files are also read in another order, and some of them later."""
