"""The graph, the command, and what a run is made of; see docs/architecture.md."""

import os

# Numpy would start as many threads for linear algebra as there are cores, and nothing here uses one of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
