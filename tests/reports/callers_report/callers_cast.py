"""Days, segments and texts that the small tables of the report share."""

import pandas as pd

HOSTILE = "<script>alert('x')</script>"
FORMULA = "=HYPERLINK('http://x','y')"
CUTOFFS = pd.to_datetime(
    ["2026-04-30 22:00", "2026-05-31 22:00", "2026-06-30 22:00"], utc=True
)
NEWEST = CUTOFFS[-1]
SECRET_CUSTOMER, SECRET_PHONE = "cust-4711-secret", "pseudonym-0815"
SEGMENTS = (
    ("s1", "Billing callers, often transferred", 1840, 6200, 0.30, 150.0),
    ("s2", "Fault callers", 900, 5100, 0.25, 260.0),
    ("s3", HOSTILE, 700, 3300, 0.16, 70.0),
    ("s4", "Onboarding", 500, 2500, 0.12, 60.0),
    ("s5", "Contract callers", 420, 1700, 0.08, 45.0),
    ("s6", "Self-service callers", 380, 1600, 0.08, 40.0),
    ("s7", "A handful", 3, 40, 0.01, 1.0),
    ("quiet", "No call in 90 days", 7600, 0, 0.0, 0.0),
)
