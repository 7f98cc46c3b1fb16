"""Amazon Connect: the made-up company's contact records give its calls again."""

import pandas as pd
import pytest
from source_projects import KEY
from truth import (
    Case,
    company_project,
    counts,
    differences,
    read_calls,
    talk_of_legs,
    true_talk,
    write_company,
)

CASE = Case(reader="amazon_connect")
