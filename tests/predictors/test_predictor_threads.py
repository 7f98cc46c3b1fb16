"""A model does not depend on how many threads made it."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MODEL_HASH = """
import hashlib
import numpy as np
from searched_rows import rows
from ccml.config.search import ModelConfig
from ccml.predictors.fit import fit_booster, learning_part
from ccml.predictors.models import ONE_THREAD_ROWS
data = rows(2 * ONE_THREAD_ROWS)
part = learning_part(data, np.arange(len(data)), 1, "p")
text = fit_booster(part, ModelConfig(n_estimators=20)).text
print(hashlib.sha256(text.encode()).hexdigest())
"""


def model_hash(threads: int) -> str:
    run = subprocess.run(
        [sys.executable, "-c", MODEL_HASH],
        env=os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def test_a_model_is_the_same_from_any_number_of_threads() -> None:
    one, three = model_hash(1), model_hash(3)
    assert len(one) == 64
    assert one == three
