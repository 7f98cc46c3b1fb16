"""The codes of the company: regions, tariffs, reasons, queues, causes."""

import numpy as np

REGIONS = tuple(f"R{number:02d}" for number in range(1, 17))
REGION_WEIGHTS = np.linspace(1.6, 0.5, 16)
TARIFFS = ("basic", "plus", "max", "family", "flat")
TARIFF_WEIGHTS = np.array([0.30, 0.26, 0.16, 0.16, 0.12])
TARIFF_FEES_EUR = np.array([9.0, 15.0, 28.0, 36.0, 21.0])
AGE_BANDS = ("18-29", "30-44", "45-59", "60+")
VALUE_BANDS = ("low", "medium", "high")
CHANNELS = ("voice", "chat", "email")
PAYMENT_METHODS = ("direct_debit", "transfer", "card")

CAUSES = (
    "ordinary",
    "billing_error",
    "regional_fault",
    "failed_self_service",
    "onboarding",
    "habit",
)
ORDINARY, BILLING_ERROR, FAULT, SELF_SERVICE, ONBOARDING, HABIT = range(6)

REASONS = (
    "billing",
    "technical",
    "contract",
    "info",
    "sales",
    "self_service",
    "setup",
    "complaint",
)
BILLING, TECHNICAL, CONTRACT, INFO, SALES, WEB, SETUP, COMPLAINT = range(8)
CAMPAIGN_REASON = "campaign"
CALLBACK_REASON = "callback"
QUEUES = ("q_billing", "q_technical", "q_care", "q_sales", "q_retention")
QUEUE_OF_REASON = np.array([0, 1, 2, 2, 3, 1, 1, 4])
AGENTS_PER_QUEUE = 24
# Which measured call type lends its service time to a reason.
SERVICE_TYPE_OF_REASON = ("PS", "NE", "PS", "PS", "NW", "IN", "NE", "PE")

DISPOSITIONS = ("none", "resolved", "unresolved", "follow_up", "info")
NOTHING, RESOLVED, UNRESOLVED, FOLLOW_UP, INFORMED = range(5)

TOPICS = ("bill", "account", "technical", "offer")
OFFER_TOPIC = 3
COMPLAINT_CATEGORIES = ("billing", "network", "service", "contract")
PRODUCTS = ("data_pack", "roaming_pack", "device", "tariff_upgrade")
PRODUCT_VALUE_EUR = np.array([40.0, 25.0, 260.0, 120.0])
