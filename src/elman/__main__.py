"""``python -m elman``, the same as the command ``elman``."""

from elman.cli import main

if __name__ == "__main__":
    main()
