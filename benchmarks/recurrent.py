"""The whole table: `elman bench --full`, for those who look for benchmarks here.

The cases, the turns and the arithmetic are in `elman.bench`; options go through:

    python benchmarks/recurrent.py --cell lstm --json recurrent.json
"""

from __future__ import annotations

import sys

from elman.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["bench", "--full"]
    main()
