"""Predictors: from a training set to a calibrated, judged scorer."""

import os

# Threads that wait for each other by spinning make LightGBM several times slower as
# soon as anything else runs on the machine; the policy is read when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
